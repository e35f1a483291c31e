"""What a docstring promises, read from its numpydoc sections: shapes and dtypes of arguments and results.

``boxes : (N, 4) array`` binds N to the rows that came, and ``iou : (N, M) float array`` then says what must come out.
Letters that no argument has bound are free. Where the text says no more than a word, the type's name must be that word.
"""

import inspect
import re

import numpy as np

SECTION = re.compile(r"^(\w[\w ]*)\n-+\n", re.M)
ENTRY = re.compile(r"^(\w+(?:, \w+)*) : (.+)$", re.M)
SHAPE = re.compile(r"\(([^()]*,[^()]*|\.\.\.|)\)")
EXACT = ("float64", "float32", "int64", "bool")
ANNOTATED = {"float": float, "int": int, "tuple": tuple, "list": list, "Iterator": list}
ALIASES = {"Floats": "NDArray[np.floating]", "Gradients": "tuple[Floats, Floats]"}
PLAIN = {"float": float, "int": int, "dict": dict, "bool": bool}


def sections(function):
    """Heading -> text of a docstring."""
    parts = SECTION.split(inspect.getdoc(function) or "")
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(text):
    """(name, type) pairs; ``means, stds : ...`` makes two."""
    return [(name, kind) for names, kind in ENTRY.findall(text or "") for name in names.split(", ")]


def shapes(kind):
    """The shapes that a type names, each a list of dimensions; none for what is no array."""
    kind = kind.split(", or a list")[0]
    if "array" not in kind or kind.startswith(("sequence", "iterable", "list")):
        return []
    return [[part.strip() for part in shape.split(",") if part.strip()] for shape in SHAPE.findall(kind)]


class Documented:
    """The promises of one function."""

    def __init__(self, function):
        found = sections(function)
        self.parameters = {name: kind for name, kind in entries(found.get("Parameters"))}
        self.results = entries(found.get("Returns"))
        is_class = inspect.isclass(function)
        self.annotation = function.__name__ if is_class else inspect.signature(function).return_annotation

    def check(self, arguments, result):
        """AssertionError if the result is not what was promised for these arguments."""
        bound: dict[str, int] = {}
        for name, kind in self.parameters.items():
            value = arguments.get(name)
            if "broadcasts" in kind:
                wanted = (*bound["..."], int(shapes(kind)[0][-1]))
                assert np.broadcast_shapes(shape_of(value, shapes(kind)[0]), wanted) == wanted, (
                    f"{name}: {value!r}"
                )
                continue
            listed = "list of" in kind and isinstance(value, (list, tuple))
            if value is not None and shapes(kind) and not listed:
                fits = [
                    fit
                    for shape in shapes(kind)
                    for came in (np.shape(value), shape_of(value, shape))
                    if (fit := bind(shape, came, bound)) is not None
                ]
                assert fits, f"{name}: shape {np.shape(value)} was taken, though {kind} is wanted"
                bound |= fits[0]
        parts = result if len(self.results) > 1 else (result,)
        assert len(self.results) < 2 or (type(result) is tuple and len(result) == len(self.results)), result
        for (name, kind), part in zip(self.results, parts, strict=False):
            self.check_part(name, kind, part, arguments, bound)
        if not self.results:
            assert self.annotation in ("Any", inspect.Signature.empty) or is_annotated(
                result, str(self.annotation)
            )

    def check_part(self, name, kind, part, arguments, bound):
        if isinstance(part, np.generic) and "array" in kind:
            part = np.asarray(part)  # NumPy gives a scalar for an array without axes
        if isinstance(part, np.ndarray):
            plain = type(part) is np.ndarray or part is arguments.get("out")
            assert plain and "array" in kind, f"{name}: {type(part)} came; {kind} is documented"
            assert part.dtype in self.dtypes(kind, arguments), (
                f"{name}: {part.dtype} came; {kind} is documented"
            )
            wanted = shapes(kind)
            assert not wanted or any(bind(shape, part.shape, bound) is not None for shape in wanted), (
                f"{name}: shape {part.shape} came; {kind} is documented, with {bound}"
            )
            apart = (v for key, v in arguments.items() if isinstance(v, np.ndarray) and key != "out")
            assert not any(np.may_share_memory(part, value) for value in apart), (
                f"{name}: it is an input's memory"
            )
        else:
            word = kind.split(",")[0].split(" ")[0]
            assert isinstance(part, PLAIN[word] if word in PLAIN else list if word == "list" else object), (
                part
            )
            assert word in PLAIN or word == "list" or type(part).__name__ == word, (
                f"{name}: {part!r} came for {kind}"
            )

    def dtypes(self, kind, arguments):
        """The dtypes that a result may have."""
        exact = [np.dtype(word) for word in EXACT if re.search(rf"\b{word}\b", kind)]
        if exact:
            return exact
        named = re.findall(r"`+(\w+)`+", kind.partition("dtype of")[2])
        names = named or [
            name
            for name, text in self.parameters.items()
            if name != "out" and shapes(text) and not re.search(r"\b(integer|int64|bool)\b", text)
        ]
        given = [float_of(arguments[name]) for name in names if arguments.get(name) is not None]
        convention = arguments.get("convention")
        wide = getattr(convention, "overlap", None) and convention.overlap.dtype == "float64"
        if wide and set(names) in ({"boxes"}, {"boxes1", "boxes2"}):  # areas and overlaps are widened
            given.append(np.dtype("f8"))
        return [np.result_type(*given)] if given else [np.dtype("f4"), np.dtype("f8")]


def shape_of(value, wanted):
    """The shape; of nothing at all, nothing of the wanted shape."""
    shape = np.shape(value)
    return (
        (0, *(int(side) if side.isdigit() else 0 for side in wanted[1:]))
        if shape == (0,) and len(wanted) > 1
        else shape
    )


def bind(wanted, shape, bound):
    """The letters that make `wanted` the shape, beside those bound before; None if it cannot be."""
    if "..." in wanted:
        at = wanted.index("...")
        wanted, extra = wanted[:at] + wanted[at + 1 :], len(shape) - len(wanted) + 1
        if extra < 0 or bound.get("...", shape[at : at + extra]) != shape[at : at + extra]:
            return None
        bound, shape = bound | {"...": shape[at : at + extra]}, shape[:at] + shape[at + extra :]
    if len(wanted) != len(shape):
        return None
    found = dict(bound)
    for side, length in zip(wanted, shape, strict=True):
        factor, letter = side.split(" ") if " " in side else (1, side)
        if not letter.isdigit():
            if length % int(factor) or found.setdefault(letter, length // int(factor)) != length // int(
                factor
            ):
                return None
        elif int(letter) != length:
            return None
    return found


def float_of(value):
    """The dtype that it is computed in: float16 in float32, integers in float64."""
    dtype = np.asarray(value).dtype
    return np.dtype("f4" if dtype.kind == "f" and dtype.itemsize < 8 else "f8")


def is_annotated(result, annotation):
    """True if the result is of the annotated type, as far as its name goes; a call gives what is in `Steps`."""
    annotation = re.sub(r"^Steps\[(.*)\]$", r"\1", annotation)
    annotation = ALIASES.get(annotation, annotation)
    if annotation.startswith("NDArray"):
        word = annotation[len("NDArray[np.") : -1]
        return type(result) is np.ndarray and (
            result.dtype.kind == "f" if word == "floating" else result.dtype == word
        )
    word = annotation.split("[")[0]
    return isinstance(result, ANNOTATED[word]) if word in ANNOTATED else type(result).__name__ == word
