"""The process in which a kernel runs: it reads cases from its standard input and writes what became of them.

The kernel sees an empty input, and what it prints goes to a file. Whatever happens to this process, a crash, an exit,
an endless loop, the one that asks goes on. It is no security boundary: untrusted code belongs in a container.
"""

from __future__ import annotations

import os
import pickle
import traceback
from typing import Any

import numpy as np

from refdet.verify import arrays
from refdet.verify.loading import NotLoaded, loaded, mismatch


def main() -> None:
    """Answer until the input ends."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    quiet, loud = os.open(os.devnull, os.O_RDONLY), os.dup(2)
    os.dup2(quiet, 0)
    os.dup2(loud, 1)

    def reply(**told: Any) -> None:
        pickle.dump(told, replies)
        replies.flush()

    setup = pickle.load(requests)
    try:
        arrays.require(setup["array"], setup["device"])
        kernel = Kernel(loaded(setup["target"], setup["contract"]()), setup["array"], setup["device"])
    except arrays.NotHere as error:
        reply(skip=str(error))
        return
    except NotLoaded as error:
        reply(refused=str(error))
        return
    reply(ready=True)
    while True:
        try:
            case = pickle.load(requests)
        except EOFError:
            return
        reply(**kernel.answer(**case))


class Kernel:
    """A function, and what its arrays are."""

    def __init__(self, function: Any, kind: str = "numpy", device: str = "cpu") -> None:
        self.function, self.kind, self.device = function, kind, device
        self.forks = 0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(before=self._forked)

    def _forked(self) -> None:
        self.forks += 1

    def answer(self, arguments: dict[str, Any], layout: str, twice: bool) -> dict[str, Any]:
        """What came of one case: an answer, and what else was noticed; or an error in words."""
        wrong = mismatch(self.function, arguments)
        if wrong is not None:
            return {"error": wrong}
        process, before = os.getpid(), self.forks
        try:
            answer, changed, place = self._called(arguments, layout)
            told = {"answer": answer, "changed": changed}
            if place is not None:
                return {"error": place}
            if twice:
                again, _, _ = self._called(arguments, layout)
                told["steady"] = same_bits(answer, again)
        except BaseException as error:  # an exit and an interrupt of its own too
            told = {"error": f"it raised {_line(error)}", "trace": traceback.format_exc(limit=-3)}
        if os.getpid() != process:
            os._exit(0)  # a copy of this process that the kernel left behind
        if self.forks > before:
            return {"error": "it forked: the process was copied while it ran"}
        return told

    def _called(self, arguments, layout):
        """The answer as NumPy, the arguments that are not as before, and what is wrong with the device."""
        given = {name: arrays.laid_out(value, layout) for name, value in arguments.items()}
        handed = [arrays.handed_over(value, self.kind, self.device) for value in given.values()]
        answer = self.function(*handed)
        devices = arrays.whereabouts(answer)
        wanted = {str(part.device) for part in handed if hasattr(part, "detach")}
        place = (
            f"the answer lies on {', '.join(devices)}; wanted {', '.join(wanted)}"
            if devices - wanted
            else None
        )
        returned = arrays.handed_back(answer)
        if isinstance(returned, np.ndarray):
            returned = returned.copy()  # it may be a view of an argument, or reused by the next call
        after = [arrays.handed_back(part) for part in handed]
        changed = [
            name
            for name, value in zip(arguments, after, strict=True)
            if isinstance(value, np.ndarray) and not same_bits(value, arguments[name])
        ]
        return _sendable(returned), changed, place


def same_bits(one: Any, other: Any) -> bool:
    """True if two answers are the same to the last bit."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same_bits, one, other))
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
    return repr(one) == repr(other)


def _sendable(answer):
    """What can travel: arrays and plain Python; of anything else its name."""
    if isinstance(answer, tuple):
        return tuple(map(_sendable, answer))
    if isinstance(answer, np.ndarray) and answer.dtype.kind != "O":
        return np.ascontiguousarray(answer)
    if answer is None or isinstance(answer, (bool, int, float, str, list, dict, np.generic)):
        try:
            pickle.dumps(answer)
        except Exception:  # a list may hold anything
            return arrays.Unknown(type(answer).__name__)
        return answer
    return arrays.Unknown(type(answer).__name__)


def _line(error):
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


if __name__ == "__main__":
    main()
