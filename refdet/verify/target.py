"""Somebody's kernel as `run` sees it: a case goes in, what became of it comes out, and nothing can take `run` down."""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from refdet.verify.child import Kernel
from refdet.verify.contract import Case

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Outcome:
    """An answer, or an error in words."""

    answer: Any = None
    error: str | None = None
    trace: str = ""
    changed: tuple[str, ...] = ()
    """Arguments that the kernel wrote to."""
    steady: bool = True
    """A second call gave the same bits."""


class Skipped(Exception):
    """Nothing can run: a library or a device is missing."""


class Refused(Exception):
    """The target cannot be loaded."""


@dataclass
class InProcess:
    """A function that is called here: quick, and as safe as the function is."""

    function: Any
    array: str = "numpy"
    device: str = "cpu"
    printed: str = ""
    _kernel: Kernel = field(init=False)

    def __post_init__(self) -> None:
        self._kernel = Kernel(self.function, self.array, self.device)

    def call(self, case: Case, twice: bool = False) -> Outcome:
        """What becomes of a case."""
        return _outcome(self._kernel.answer(case.arguments, case.layout, twice))

    def hurry(self) -> None:
        """Nothing can be cut short here."""

    def close(self) -> None:
        """Nothing is left behind."""


class InChild:
    """A target in a process of its own, started again after a crash; each call has a time limit."""

    def __init__(
        self, target: str, op: str, array: str = "numpy", device: str = "cpu", limit: float = 20.0
    ) -> None:
        self.setup = {"target": target, "contract": _Named(op), "array": array, "device": device}
        self.limit = limit
        self._process: Any = None
        self._slowest = 0.0
        self._log = tempfile.TemporaryFile()

    def call(self, case: Case, twice: bool = False) -> Outcome:
        """What becomes of a case; a crash and a call without end are errors."""
        if self._process is None:
            self._start()
        start = time.monotonic()
        request = {"arguments": case.arguments, "layout": case.layout, "twice": twice}
        try:
            pickle.dump(request, self._process.stdin)
            self._process.stdin.flush()
            told = self._replies.get(timeout=self.limit)
        except queue.Empty:
            self._stop()
            return Outcome(error=f"it did not come back within {self.limit:g} seconds")
        except OSError:
            told = None
        if told is None:
            return Outcome(error=self._how_it_ended())
        self._slowest = max(self._slowest, time.monotonic() - start)
        return _outcome(told)

    def hurry(self) -> None:
        """Wait no longer than a small multiple of what any call took: of many cases some may not come back."""
        self.limit = min(self.limit, max(0.5, 10 * self._slowest))

    @property
    def printed(self) -> str:
        """The beginning of what the kernel wrote to its output and error streams."""
        self._log.seek(0)
        return self._log.read(2000).decode(errors="replace")

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._stop()
        self._log.close()

    def _start(self) -> None:
        # A session of its own, so that what the kernel starts ends with it.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "refdet.verify.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), *_python_path()])},
        )
        self._replies: queue.Queue[Any] = queue.Queue()
        threading.Thread(target=_read, args=(self._process.stdout, self._replies), daemon=True).start()
        pickle.dump(self.setup, self._process.stdin)
        self._process.stdin.flush()
        try:
            told = self._replies.get(timeout=max(self.limit, 60))  # importing a framework takes its time
        except queue.Empty:
            self._stop()
            raise Refused(
                f"{self.setup['target']} was not imported within {max(self.limit, 60):g} s"
            ) from None
        if told is None:
            raise Refused(
                f"{self.setup['target']} ended the process while it was imported: {self._how_it_ended()}"
            )
        if "skip" in told:
            raise Skipped(told["skip"])
        if "refused" in told:
            raise Refused(told["refused"])

    def _how_it_ended(self) -> str:
        process = self._process
        self._stop()
        code = process.returncode
        if code < 0:
            return f"it crashed: signal {-code} ({signal.Signals(-code).name})"
        return f"it ended the process with exit code {code}"

    def _stop(self) -> None:
        process, self._process = self._process, None
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            try:
                stream.close()
            except OSError:
                pass


class _Named:
    """A contract by its name: what a process can be told."""

    def __init__(self, op: str) -> None:
        self.op = op

    def __call__(self) -> Any:
        from refdet.verify.contracts import CONTRACTS

        return CONTRACTS[self.op]


def _python_path():
    """Where modules are looked for beside this very refdet, which may have been found by a relative path."""
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]


def _read(stream, replies):
    """Hand on what the child says until it ends."""
    try:
        while True:
            replies.put(pickle.load(stream))
    except Exception:
        replies.put(None)


def _outcome(told):
    return Outcome(
        told.get("answer"),
        told.get("error"),
        told.get("trace", ""),
        tuple(told.get("changed", ())),
        told.get("steady", True),
    )
