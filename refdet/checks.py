"""Primitive checks of arguments: each returns the array that an algorithm works on, or says what is wrong.

The dtype that comes in goes out (C-1); empty inputs are legal everywhere (C-7). Every error names the
argument, the row, what came and what is wanted. An op's own check stands above
its reference and is built from these; the C++ and CUDA front ends call the same one, the latter with
``xp=cupy``, so that a kernel sees exactly what the reference sees.
"""

from __future__ import annotations

import numbers
import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.conventions import Convention

Array = NDArray[Any]  # what the checks accept; lists of numbers are accepted too

_WANTED = "wanted real numbers (float32, float64, float16 or integers)"


def real_array(value, name, *, xp=np):
    """`value` as an aligned, native array of float32 or float64: float16 becomes float32, integers float64."""
    array = any_array(value, name, xp)
    if array.dtype.kind not in "fiu" or array.dtype.itemsize > 8:
        raise TypeError(f"{name}: dtype is {array.dtype}; {_WANTED}")
    if array.dtype.kind != "f":
        return array.astype(np.float64)
    dtype = np.float64 if array.dtype.itemsize == 8 else np.float32
    return xp.require(array, dtype, ["ALIGNED"]) if xp is np else array.astype(dtype, copy=False)


def any_array(value, name, xp=np):
    """`value` as an array of whatever dtype, without its subclass."""
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name}: a masked array came; fill it first: {name}.filled(...)")
    if xp is not np and not isinstance(value, xp.ndarray):
        raise TypeError(f"{name}: {type(value).__name__} came; wanted a {xp.__name__}.ndarray on the device")
    try:
        return xp.asarray(value)
    except Exception as error:  # whatever an object's own conversion raises: a tensor that needs its gradient
        kind = ValueError if isinstance(error, ValueError) else TypeError
        raise kind(f"{name}: not an array: {str(error)[:200]}") from None


def whole_numbers(value, name, shape, wanted, *, xp=np):
    """`value` as an int64 array of that shape; of any, if it is None."""
    array = any_array(value, name, xp)
    if shape is not None and array.shape != shape:
        raise ValueError(f"{name}: shape is {array.shape}; wanted {shape}, {wanted}")
    if not array.size:
        return xp.zeros(array.shape, np.int64)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: dtype is {array.dtype}; wanted integers, {wanted}")
    if array.dtype == np.uint64 and int(array.max()) > np.iinfo(np.int64).max:
        raise ValueError(f"{name}: {int(array.max())} came; wanted values below 2^63")
    return array.astype(np.int64)


def shape(value, name, count):
    """`value` as a tuple of `count` lengths."""
    try:
        lengths = tuple(_plain(value))
    except TypeError:
        raise TypeError(f"{name}: {shown(value)} came; wanted {count} whole numbers") from None
    if len(lengths) != count:
        raise ValueError(f"{name}: {shown(value)} came; wanted {count} whole numbers")
    return tuple(whole_number(length, f"{name}[{i}]", 0) for i, length in enumerate(lengths))


def boxes(value, name, overlap, *, xp=np):
    """`value` as (N, 4) xyxy boxes, in the precision and corner order that `overlap` asks for."""
    array = _table_of_boxes(value, name, xp)
    if overlap.dtype == "float64":
        array = array.astype(np.float64, copy=False)
    if overlap.inverted == "sorted":
        array = xp.concatenate(
            [xp.minimum(array[:, :2], array[:, 2:]), xp.maximum(array[:, :2], array[:, 2:])], axis=1
        )
    if overlap.finite == "reject":
        reject_overflow(array, name, xp)
    return _without_negative_zero(array, xp)


def corners(value, name, finite):
    """`value` as (N, 4) xyxy boxes, in the precision that it has."""
    array = _table_of_boxes(value, name, np)
    if finite == "reject":
        reject_overflow(array, name, np)
    return array


def _table_of_boxes(value, name, xp):
    array = real_array(value, name, xp=xp)
    if array.ndim == 1 and array.size == 0:
        array = array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] != 4:
        hint = f"; one box is {name}[None]" if array.shape == (4,) else ""
        raise ValueError(f"{name}: shape is {array.shape}; wanted (N, 4), rows of x1, y1, x2, y2{hint}")
    return array


def _without_negative_zero(array, xp):
    """A copy in which -0.0 is 0.0, for NumPy's maximum(-0.0, 0.0) differs from one machine to the next.

    Not on a device: CuPy's addition would flush small numbers to zero, and the CUDA kernels need no copy of boxes,
    since they add `plus_one` to every difference; soft_nms, which returns scores, makes its own.
    """
    return array + 0.0 if xp is np else array


def reject_overflow(array, name, xp):
    """Refuse NaN, infinity, and boxes so large that a sum of two areas or a difference overflows."""
    limit = float(np.finfo(array.dtype).max) / 2
    with np.errstate(over="ignore", invalid="ignore"):
        # Nearly always all is well at once: no side is longer than twice the largest coordinate.
        if array.size and bool(xp.abs(array).max() <= limit**0.5 / 4):
            return
        sides = xp.abs(array[..., 2:] - array[..., :2]) + 1
        fits = (xp.abs(array) <= limit).all(axis=-1) & (sides[..., 0] * sides[..., 1] <= limit)
    if not bool(fits.all()):  # no NaN fits
        reject_non_finite(array, name, "four finite numbers", xp=xp)
        raise ValueError(
            f"{name}: {first_row(array, fits)}, whose coordinates or area overflow {array.dtype}; "
            f"wanted both below {limit:.3g}"
        )


def first_row(array, fits):
    """The first row for which `fits` is false, and its place, as words."""
    place = tuple(int(i) for i in np.unravel_index(int(fits.argmin()), fits.shape))
    where = f"row {place[0] if len(place) == 1 else place} is " if place else ""
    return f"{where}{array[place].tolist()}"


def reject_far(array, name, *, xp=np):
    """Refuse boxes so far from 0 that the area or the squared diagonal of a box around two overflows."""
    limit = 2.0 ** (np.finfo(array.dtype).maxexp // 2 - 3)
    fits = (xp.abs(array) <= limit).all(axis=1)
    if not bool(fits.all()):
        raise ValueError(
            f"{name}: {first_row(array, fits)}, so far away that a squared distance may overflow "
            f"{array.dtype}; wanted coordinates up to {limit:.3g}"
        )


def reject_non_finite(array, name, wanted, *, xp=np):
    """ValueError that names the first row with NaN or infinity."""
    fine = xp.isfinite(array)
    if not bool(fine.all()):
        row = int(fine.reshape(len(array), -1).all(axis=1).argmin())
        came = array[row].tolist() if array[row].size <= 8 else f"{int((~fine[row]).sum())} non-finite values"
        raise ValueError(f"{name}: row {row} is {came}; wanted {wanted}")


def reject_beyond(array, name, largest):
    """ValueError that names the first row with NaN or a number beyond +-`largest`."""
    fits = np.abs(array) <= largest
    if not fits.all():
        row = int(fits.reshape(len(array), -1).all(axis=1).argmin())
        bad = array[row].reshape(-1)[~fits[row].reshape(-1)][0]
        raise ValueError(f"{name}: row {row} has {bad}; wanted numbers up to {largest:g} in size")


def scores(value, name, count, *, finite="reject", xp=np):
    """`value` as (count,) scores."""
    array = real_array(value, name, xp=xp)
    if array.shape != (count,):
        raise ValueError(f"{name}: shape is {array.shape}; wanted ({count},), one score per box")
    if finite == "reject":
        reject_non_finite(array, name, "a finite score", xp=xp)
    return _without_negative_zero(array, xp)


def threshold(value, name, *, least=0):
    """`value` as a float in [least, 1]."""
    number = real_number(value, name)
    if not least <= number <= 1:
        raise ValueError(f"{name}: {number} came; wanted a number from {least} to 1")
    return number


def positive_number(value, name, most=np.inf):
    """`value` as a finite float above 0."""
    number = real_number(value, name)
    if not 0 < number <= most:
        bound = "" if most == np.inf else f", up to {most}"
        raise ValueError(f"{name}: {number} came; wanted a number above 0{bound}")
    return number


def real_number(value, name):
    """`value` as a finite Python float."""
    is_scalar = isinstance(value, numbers.Real) or (isinstance(value, np.ndarray) and value.ndim == 0)
    if not is_scalar or isinstance(value, (bool, np.bool_)) or np.asarray(value).dtype.kind not in "fiu":
        raise TypeError(f"{name}: {shown(value)} came; wanted a real number")
    number = float(value)
    if not np.isfinite(number):
        raise ValueError(f"{name}: {number} came; wanted a finite number")
    return number


def whole_number(value, name, least, below=None):
    """`value` as an int of at least `least`, and below a bound if there is one."""
    try:
        if isinstance(value, (bool, np.bool_)):  # which Python, and NumPy 1.26, take for 0 or 1
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {shown(value)} came; wanted a whole number") from None
    if number < least:
        raise ValueError(f"{name}: {shown(value)} came; wanted a whole number of at least {least}")
    if below is not None and number >= below:
        raise ValueError(f"{name}: {shown(number)} came; wanted a whole number below {below}")
    return number


def size(value, name):
    """`value` as (height, width), each at least 1 and below 2^31; one number means a square."""
    pair = (value, value) if isinstance(value, numbers.Integral) else _plain(value)
    try:
        height, width = pair
    except (TypeError, ValueError):
        raise TypeError(f"{name}: {shown(value)} came; wanted (height, width)") from None
    sides = whole_number(height, f"{name}[0]", 1), whole_number(width, f"{name}[1]", 1)
    if max(sides) >= 2**31:
        raise ValueError(f"{name}: {shown(sides)} came; wanted sides below 2^31")
    return sides


def convention(value):
    """TypeError if `value` is not a `Convention`."""
    if not isinstance(value, Convention):
        raise TypeError(f"convention: {shown(value)} came; wanted a Convention such as refdet.TORCHVISION")


def output(out, name, shape, dtype, inputs, *, xp=np):
    """`out` if it can receive the result; a new array if it is None."""
    if out is None:
        try:
            return xp.empty(shape, dtype)
        except ValueError:
            raise ValueError(f"{name}: a result of shape {shape} is more than an array can hold") from None
    if not isinstance(out, xp.ndarray) or isinstance(out, np.ma.MaskedArray):
        raise TypeError(f"{name}: {type(out).__name__} came; wanted a {xp.__name__} array")
    if out.shape != tuple(shape) or out.dtype != dtype:
        raise ValueError(
            f"{name}: {out.dtype} of shape {out.shape} came; wanted {np.dtype(dtype)} of shape {tuple(shape)}"
        )
    if xp is np and not out.flags.writeable:
        raise ValueError(f"{name}: the array is read-only; wanted one that can be written")
    if _overlaps_itself(out):
        raise ValueError(
            f"{name}: its strides {out.strides} make several places share memory; wanted one each"
        )
    if any(_overlap(out, part, xp) for part in inputs):
        raise ValueError(f"{name}: it overlaps an input in memory; wanted an array of its own")
    return out


def _overlaps_itself(array):
    """True unless each axis steps over all that the finer axes reach."""
    reach = array.itemsize
    for stride, length in sorted(
        (abs(stride), length) for stride, length in zip(array.strides, array.shape, strict=True)
    ):
        if length > 1:
            if stride < reach:
                return array.size > 0
            reach = stride * (length - 1) + reach
    return False


def _overlap(out, part, xp):
    """True if an input shares memory with `out`, or if that is too hard to tell."""
    if not isinstance(part, xp.ndarray):
        return False
    if xp is not np:
        return xp.may_share_memory(out, part)
    try:
        return np.shares_memory(out, part, 10_000)  # type: ignore[arg-type]  # the stub knows two values alone
    except np.exceptions.TooHardError:
        return True


def _plain(value):
    return value.tolist() if isinstance(value, np.ndarray) else value


def shown(value):
    """`value` for an error message, short whatever it is."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return f"{type(value).__name__} of thousands of digits"
    return text if len(text) <= 60 else f"{type(value).__name__} {text[:50]}..."
