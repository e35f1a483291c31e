"""Checks that the losses share: numbers whose squares stay finite, targets, weights, the gradient that comes in."""

from __future__ import annotations

import numpy as np

from refdet import checks, object_checks

REDUCTIONS = ("none", "sum", "mean", "weighted_mean")


def largest(dtype):
    """4.3e9 in float32, 1.2e77 in float64: a weight times a gradient times a square is finite, 2^30 of them too."""
    return 2.0 ** (np.finfo(dtype).maxexp // 4)


def numbers(value, name, dtype=None, *, least=-np.inf, most=np.inf):
    """`value` as finite numbers in that dtype, in their own if it is None, between two bounds."""
    array = checks.real_array(value, name)
    dtype = np.dtype(array.dtype if dtype is None else dtype)
    bound = min(largest(dtype), float(np.finfo(array.dtype).max))  # one that the array's own dtype has
    least, most = max(least, -bound), min(most, bound)
    fits = (array >= least) & (array <= most)
    if not fits.all():
        came = checks.first_row(array, np.asarray(fits))
        raise ValueError(f"{name}: {came}; wanted numbers from {least:.3g} to {most:.3g}")
    return array.astype(dtype, copy=False)


def product_bounds(dtype):
    """Keywords of `numbers` for factors of dot products, which are squared: 1.7e7 in float32, 6.3e57 in float64."""
    most = 2.0 ** (np.finfo(dtype).maxexp * 3 // 16)
    return {"least": -most, "most": most}


def number(value, name, dtype, *, least=0.0, most=np.inf):
    """`value` as one number of that dtype between two bounds."""
    most = min(most, largest(dtype))
    came = checks.real_number(value, name)
    if not least <= came <= most:
        raise ValueError(f"{name}: {came} came; wanted a number from {least:.3g} to {most:.3g}")
    return np.dtype(dtype).type(came)


def shaped(array, name, shape, wanted):
    """`array` if it has that shape; an empty list has that of any empty array."""
    if array.shape == (0,) and 0 in shape:
        array = array.reshape(shape)
    if array.shape != shape:
        raise ValueError(f"{name}: shape is {array.shape}; wanted {shape}, {wanted}")
    return array


def pair(inputs, targets, name="inputs", **bounds):
    """Inputs, and targets of their shape and dtype."""
    inputs = numbers(inputs, name)
    targets = numbers(targets, "targets", inputs.dtype, **bounds)
    return inputs, shaped(targets, "targets", inputs.shape, f"that of {name}")


def table(value, name, columns=None, *, dtype=None, **bounds):
    """`value` as (N, columns) numbers, of any number of columns if that is None."""
    array = numbers(value, name, dtype, **bounds)
    if array.shape == (0,):
        array = array.reshape(0, columns or 0)
    if array.ndim != 2 or (columns is not None and array.shape[1] != columns):
        raise ValueError(f"{name}: shape is {array.shape}; wanted (N, {columns or 'K'})")
    return array


def logits(value, name="logits"):
    """`value` as (N, K) logits, of one class at least."""
    array = table(value, name)
    if len(array) and not array.shape[1]:
        raise ValueError(f"{name}: shape is {array.shape}; wanted (N, K), one class or more")
    return array


def labels(value, name, count, least, below, ignored=None):
    """`value` as (count,) int64 labels from `least` up to, not with, `below`; or equal to the ignored one."""
    array = checks.whole_numbers(value, name, (count,), "one label per row")
    fits = (array >= least) & (array < below)
    if ignored is not None:
        fits |= array == ignored
    if not fits.all():
        raise ValueError(
            f"{name}: {checks.first_row(array, fits)}; wanted labels from {least} to {below - 1}"
        )
    return array


def spread_over(value, name, shape, dtype):
    """`value` as numbers of 0 or more, one per term; fewer are repeated as NumPy broadcasts."""
    array = numbers(value, name, dtype, least=0)
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        wanted = f"one that broadcasts to {shape}"
        raise ValueError(f"{name}: shape is {array.shape}; wanted {wanted}") from None


def weighing(weights, reduction, shape, dtype, *, counted=None, mass=1):
    """The weight of each term, what their sum is divided by, and the reduction; see reduction.py.

    `counted` is False for a term that is ignored; `mass` is what a term has of its own weights, those of its classes.
    """
    object_checks.option(reduction, "reduction", REDUCTIONS)
    dtype = np.dtype(dtype)
    weights = spread_over(1 if weights is None else weights, "weights", shape, dtype)
    counted = np.ones(shape, bool) if counted is None else counted
    weights = weights * counted
    total = {"mean": np.count_nonzero(counted), "weighted_mean": (weights * mass).sum()}.get(reduction, 1)
    return weights, dtype.type(total if total > 0 else 1), reduction


def gradient(grad, weights, reduction):
    """`grad` as numbers of the weights' dtype: one per term under "none", else one."""
    wanted = ("one per loss", weights.shape) if reduction == "none" else ("one number", ())
    return shaped(numbers(grad, "grad", weights.dtype), "grad", wanted[1], wanted[0])


def total_gradient(grad, dtype):
    """`grad` as one number of that dtype."""
    return dtype.type(shaped(numbers(grad, "grad", dtype), "grad", (), "one number"))


def of_gradient(check):
    """The check of a total's gradient: the gradient by the total, then what the total's own check gives."""

    def check_backward(grad, *args, **kwargs):
        checked = check(*args, **kwargs)
        return total_gradient(grad, checked[0].dtype), *checked

    return check_backward
