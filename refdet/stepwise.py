"""One body, two uses: an algorithm written as a generator is the function and its own replay.

A body yields constant captions, ``"key: text with {locals}"``, each after the work that it names, and
returns its result. ``@stepwise(check=...)`` makes of it

    f(...)          the function: drains the generator
    f.trace(...)    a `Trace`: every step with the body's variables at that moment
    f.steps(...)    the generator itself, to nest: ``keep = yield from nms.steps(...)``

The check has the body's parameters, runs in all three before the body exists, and returns one value per
parameter: what the body sees. So a body holds no checks, and kernels call the same one.

The recorder reads the variables from the suspended frame and copies an array only if its bytes changed.
Names that start with an underscore are not shown.

A body that hands some of its rows to another one calls their numbers ``members``. Inside the other,
``{i:row}`` in a caption is the caller's number of row i.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, get_args

import numpy as np

from refdet.captions import filled, names
from refdet.trace_json import trace_json

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Steps = Generator[str, None, R]

MAX_BYTES = 256 * 2**20


class TraceTooLarge(MemoryError):
    """The recorded variables outgrew the cap; the message says how to narrow the trace."""


class Stepwise(Protocol[P, R_co]):
    """What `stepwise` returns: a function with two more ways to be called."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """The result alone."""

    def trace(
        self,
        *args: Any,
        keep: Sequence[str] | None = None,
        max_steps: int | None = None,
        max_bytes: int = MAX_BYTES,
        **kwargs: Any,
    ) -> Trace[Any]:
        """Every step, and the result."""

    def steps(self, *args: P.args, **kwargs: P.kwargs) -> Generator[str, None, R_co]:
        """The generator, to nest in another body."""


def stepwise(
    *, check: Callable[..., tuple], quiet: bool = False
) -> Callable[[Callable[P, Steps[R]]], Stepwise[P, R]]:
    """Make a generator body the function, its trace and its steps; `check` prepares the arguments.

    A `quiet` body runs without NumPy's warnings of overflow, NaN and division by zero. It cannot see to that
    itself: ``np.errstate`` around a yield would reach into whoever takes the steps.
    """

    def decorate(body):
        if not inspect.isgeneratorfunction(body):
            raise TypeError(f"stepwise: {body.__name__} has no yield; wanted a body with named steps")
        signature = inspect.signature(body)
        names = list(signature.parameters)

        @functools.wraps(body)
        def steps(*args, **kwargs):
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()  # those that the body documents, whatever the check has
            return body(**dict(zip(names, check(*given.args, **given.kwargs), strict=True)))

        @functools.wraps(body)
        def function(*args, **kwargs):
            running = steps(*args, **kwargs)
            with _errors(quiet):
                return drained(running)

        @functools.wraps(body)
        def trace(*args, keep=None, max_steps=None, max_bytes=MAX_BYTES, **kwargs):
            running = steps(*args, **kwargs)
            with _errors(quiet):
                return _record(running, function, keep, max_steps, max_bytes)

        stepped: Any = function
        stepped.steps, stepped.trace = steps, trace
        own = [
            p
            for p in inspect.signature(trace, follow_wrapped=False).parameters.values()
            if p.kind == p.KEYWORD_ONLY
        ]
        stepped.trace.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *own])
        stepped.__signature__ = signature.replace(return_annotation=_result_type(body))
        return stepped

    return decorate


def drained(running: Generator[Any, None, R]) -> R:
    """What a generator returns, its steps unseen: a body that others share, called as a function."""
    while True:
        try:
            next(running)
        except StopIteration as end:
            return end.value


def _errors(quiet):
    return (
        np.errstate(over="ignore", invalid="ignore", divide="ignore") if quiet else contextlib.nullcontext()
    )


@dataclass(frozen=True)
class Step:
    """One yield: its name, where it stands, and the variables of its body at that moment."""

    function: str
    name: str
    caption: str
    line: int
    depth: int
    frame: int
    variables: dict[str, Any] = field(repr=False)
    callers_rows: np.ndarray | None = field(default=None, repr=False)
    """Where the body ran on some of its caller's rows: which ones, in the body's own order; else None."""

    @property
    def note(self) -> str:
        """The caption with the variables filled in; formatted only when asked for."""
        return filled(self.caption, self.variables, self.callers_rows)

    def __getattr__(self, name):
        variables = self.__dict__.get("variables", {})  # none yet while a step is unpickled
        if name.startswith("__") or name not in variables:
            raise AttributeError(f"step has no variable {name!r}; it has {', '.join(sorted(variables))}")
        return variables[name]


@dataclass(frozen=True)
class Trace(Generic[R]):
    """Every step of one call, and its result; a sequence of `Step`."""

    function: str
    steps: list[Step] = field(repr=False)
    result: R
    sources: dict[str, tuple[int, str]] = field(repr=False)
    """Of every body that ran and has one, by its name: first line number and text."""
    dropped: int = 0
    """Steps after `max_steps`, counted but not recorded."""

    def __len__(self):
        return len(self.steps)

    def __getitem__(self, index):
        return self.steps[index]

    def __iter__(self):
        return iter(self.steps)

    def named(self, name):
        """The steps of that name."""
        return [step for step in self.steps if step.name == name]

    def schema(self):
        """For each step, in order of first appearance, the kind of each variable: what a test locks."""
        kinds: dict[str, dict[str, str]] = {}
        for step in self.steps:
            row = kinds.setdefault(f"{step.function}.{step.name}", {})
            for name, value in step.variables.items():
                seen = row.setdefault(name, _kind(value))
                if _kind(value) not in seen.split("|"):
                    row[name] = "|".join(sorted([*seen.split("|"), _kind(value)]))
        return kinds

    def to_json(self, *, limit=4096, indent=None):
        """The trace as strict JSON text; arrays of more than `limit` values are summarised."""
        return trace_json(self, limit=limit, indent=indent)

    def __str__(self):
        return "\n".join(
            f"{i:4d}  {'  ' * step.depth}{step.name}: {step.note}" for i, step in enumerate(self.steps)
        )


def _record(running, function, keep, max_steps, max_bytes):
    """Run the generator to its end and note every yield."""
    recorder, dropped = _Recorder(keep, max_bytes), 0
    steps: list[Step] = []
    while True:
        try:
            caption = next(running)
        except StopIteration as end:
            return Trace(function.__name__, steps, end.value, recorder.sources, dropped)
        if max_steps is not None and len(steps) >= max_steps:
            dropped += 1
            continue
        steps.append(recorder.step(running, caption, len(steps)))


class _Recorder:
    """Snapshots of frames; an unchanged value is shared between steps."""

    def __init__(self, keep, max_bytes):
        self.keep = None if keep is None else {keep} if isinstance(keep, str) else set(keep)
        self.max_bytes = max_bytes
        self.bytes = 0
        self.frames: dict[int, tuple[int, Any, dict[str, Any]]] = {}
        self.sources: dict[str, tuple[int, str]] = {}
        self.rows: np.ndarray | None = None

    def step(self, running, caption, count):
        inner, depth, rows = running, 0, None
        while inner.gi_yieldfrom is not None:
            members = inner.gi_frame.f_locals.get("members")
            if isinstance(members, np.ndarray) and members.dtype.kind in "iu":
                rows = members if rows is None else rows[members]
            inner, depth = inner.gi_yieldfrom, depth + 1
        self.rows = self.copied(rows, self.rows, count)
        key, _, text = caption.partition(": ")
        number, variables = self.snapshot(inner, count, names(text))
        name = inner.gi_code.co_name
        if name not in self.sources:
            with contextlib.suppress(OSError):  # a body typed at a prompt has no source
                lines, first = inspect.getsourcelines(inner.gi_code)
                self.sources[name] = first, "".join(lines)
        return Step(name, key, text, inner.gi_frame.f_lineno, depth, number, variables, self.rows)

    def snapshot(self, generator, count, in_caption):
        """Frame number, and a copy of the frame's variables that shares what has not changed."""
        # The generator is kept, so that its id is not given to another one.
        number, _, last = self.frames.get(id(generator), (len(self.frames), generator, {}))
        now = {
            name: self.copied(value, last.get(name), count)
            for name, value in dict(generator.gi_frame.f_locals).items()
            if not name.startswith("_") and (self.keep is None or name in self.keep or name in in_caption)
        }
        self.frames[id(generator)] = (number, generator, now)
        return number, now

    def copied(self, value, last, count):
        kept: Any
        if isinstance(value, np.ndarray):
            if _same_bytes(value, last):
                return last
            kept = value.copy()
            kept.flags.writeable = False
            size = kept.nbytes
        elif isinstance(value, (list, tuple, set, dict)):
            if type(last) is type(value) and _equal(last, value):
                return last
            kept, size = copy.deepcopy(value), _size(value)
        else:
            return value
        self.bytes += size
        if self.bytes > self.max_bytes:
            raise TraceTooLarge(
                f"trace: the variables of {count} steps already need {self.bytes} bytes, more than "
                f"max_bytes={self.max_bytes}; record fewer with keep=('name', ...) or max_steps={max(count // 2, 1)}"
            )
        return kept


def _size(value):
    """Bytes of a container and of what it holds, roughly."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    return 64 + sum(map(_size, value)) if isinstance(value, (list, tuple, set)) else 64


def _same_bytes(array, last):
    return (
        isinstance(last, np.ndarray)
        and last.dtype == array.dtype
        and last.shape == array.shape
        and last.tobytes() == array.tobytes()
    )


def _equal(last, value):
    """Whether two containers of one type hold the same; `==` cannot say it of arrays inside."""
    if isinstance(value, np.ndarray):
        return _same_bytes(value, last)
    if type(last) is not type(value):
        return False
    if isinstance(value, dict):
        return last.keys() == value.keys() and all(_equal(last[key], value[key]) for key in value)
    if isinstance(value, (list, tuple)):
        return len(last) == len(value) and all(map(_equal, last, value))
    try:
        return bool(last == value)
    except ValueError:  # an object that holds arrays
        return False


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"{value.dtype}[{value.ndim}]"
    if isinstance(value, np.generic):
        return str(value.dtype)
    return type(value).__name__


def _result_type(body):
    """What the function returns, where the body says `Steps[R]`, as text or as a type."""
    annotation = body.__annotations__.get("return", inspect.Signature.empty)
    if isinstance(annotation, str):
        return (
            annotation.removeprefix("Steps[").removesuffix("]")
            if annotation.startswith("Steps[")
            else annotation
        )
    return get_args(annotation)[-1] if get_args(annotation) else annotation
