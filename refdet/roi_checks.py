"""Checks of maps, regions of interest and their gradients; as checks.py."""

from __future__ import annotations

import numpy as np

from refdet import checks


def features(value, name, roi, *, xp=np):
    """`value` as an (N, C, H, W) map."""
    array = checks.real_array(value, name, xp=xp)
    if array.ndim != 4:
        raise ValueError(f"{name}: shape is {array.shape}; wanted (N, C, H, W)")
    if roi.finite == "reject" and array.size:
        checks.reject_non_finite(array, name, "finite values in every image", xp=xp)
    return array


def rois(value, name, images, dtype, finite, *, xp=np):
    """`value` as (K, 5) regions of interest: image index, then corners; a list holds (L, 4) per image."""
    if isinstance(value, (list, tuple)) and any(_is_table(part) for part in value):
        value = _with_image_index(value, name, images, xp)
    array = checks.real_array(value, name, xp=xp)
    if array.ndim == 1 and array.size == 0:
        array = array.reshape(0, 5)
    if array.ndim != 2 or array.shape[1] != 5:
        raise ValueError(
            f"{name}: shape is {array.shape}; wanted (K, 5), rows of image index, x1, y1, x2, y2, "
            "or a list with one (L, 4) array per image"
        )
    index = array[:, 0]
    fits = (index >= 0) & (index < images) & (index == xp.floor(index))
    if not bool(fits.all()):
        row = int(fits.argmin())
        raise ValueError(
            f"{name}: row {row} names image {float(index[row])}; wanted a whole number from 0 to {images - 1}"
        )
    with np.errstate(over="ignore"):
        array = array.astype(dtype, copy=False)
    kept = array[:, 0] == index
    if not bool(kept.all()):
        image = int(index[int(kept.argmin())])
        raise ValueError(
            f"{name}: image {image} cannot be told in {np.dtype(dtype)}; wanted a map in float64"
        )
    if finite == "reject":
        checks.reject_non_finite(array, name, f"finite corners in {np.dtype(dtype)}", xp=xp)
    return array


def scale(value, name, dtype):
    """`value` as a finite number above 0 of that dtype."""
    with np.errstate(over="ignore", under="ignore"):
        number = np.dtype(dtype).type(checks.real_number(value, name))
    if not 0 < number < np.inf:
        raise ValueError(f"{name}: {value} came, {number} in {dtype}; wanted a finite one above 0")
    return number


def sampling(sampling_ratio, aligned, convention):
    """Both of RoI align's, or what the convention says: points along a side of a bin, and where a cell lies."""
    rule = convention.part("roi")
    ratio = rule.sampling_ratio if sampling_ratio is None else sampling_ratio
    ratio = checks.whole_number(ratio, "sampling_ratio", -1)
    if ratio > rule.most_samples:
        raise ValueError(f"sampling_ratio: {checks.shown(ratio)} came; wanted at most {rule.most_samples}")
    aligned = rule.aligned if aligned is None else aligned
    if aligned is None:
        raise ValueError(f"aligned: None came, and {convention.name} has no RoI align; wanted True or False")
    if not isinstance(aligned, (bool, np.bool_)):
        raise TypeError(f"aligned: {checks.shown(aligned)} came; wanted True or False")
    return max(ratio, 0), bool(aligned)


def gradient(grad_output, input_shape, *, xp=np):
    """The gradient of pooled values (K, C, rows, columns), and the shape (N, C, H, W) of the map they came from."""
    grad_output = checks.real_array(grad_output, "grad_output", xp=xp)
    if grad_output.ndim != 4:
        raise ValueError(f"grad_output: shape is {grad_output.shape}; wanted (K, C, rows, columns)")
    lengths = checks.shape(input_shape, "input_shape", 4)
    if lengths[1] != grad_output.shape[1]:
        raise ValueError(
            f"input_shape: {lengths[1]} channels came; wanted {grad_output.shape[1]}, as grad_output has"
        )
    if np.prod(lengths, dtype=float) * 8 >= 2.0**63:
        raise ValueError(f"input_shape: {lengths} came, more than an array can hold")
    return grad_output, lengths


def one_each(rois, grad_output):
    """ValueError unless there is one RoI for each of the gradient's."""
    if len(rois) != len(grad_output):
        raise ValueError(f"boxes: {len(rois)} RoIs came; wanted {len(grad_output)}, as grad_output has")


def _is_table(part):
    """True for the boxes of one image, false for one row of numbers."""
    return (
        part.ndim == 2
        if hasattr(part, "ndim")
        else isinstance(part, (list, tuple)) and any(_is_row(row) for row in part)
    )


def _is_row(row):
    return isinstance(row, (list, tuple)) or getattr(row, "ndim", 0) > 0


def _with_image_index(parts, name, images, xp):
    """One (L, 4) array per image as (K, 5) rows."""
    if len(parts) != images:
        raise ValueError(
            f"{name}: a list of {len(parts)} came; wanted one (L, 4) array for each of {images} images"
        )
    rows = []
    for image, part in enumerate(parts):
        part = checks.real_array(part, f"{name}[{image}]", xp=xp)
        part = part.reshape(0, 4) if part.shape == (0,) else part
        if part.ndim != 2 or part.shape[1] != 4:
            raise ValueError(f"{name}[{image}]: shape is {part.shape}; wanted (L, 4), rows of x1, y1, x2, y2")
        rows.append(xp.concatenate([xp.full((len(part), 1), image, part.dtype), part], axis=1))
    return xp.concatenate(rows)
