"""Sliding windows: every box of given sizes on a grid of places, and how many that makes (PROP-1).

The oldest way to propose: look everywhere. Counting shows why one does not look at every size.

Letters: W x H image, w x h window. Source: C. Papageorgiou and T. Poggio, A Trainable System for Object
Detection, IJCV 2000; the count is the course notes' "Approach 1".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks

Sizes = Sequence[int | tuple[int, int]]
Stride = int | tuple[int, int]


def count_windows(width: int, height: int, sizes: Sizes | None = None, stride: Stride = 1) -> int:
    """Number of windows that lie within an image; of every size unless `sizes` says which.

    Parameters
    ----------
    width, height : int
        The image in pixels, 0 or more.
    sizes : sequence of (int, int) or int, optional
        Width and height of the windows; one number means a square.
    stride : int or (int, int)
        Step from one window to the next, to the right and down; two numbers if they differ.

    Returns
    -------
    count : int
        Exact, however large; a window larger than the image adds none.

    Raises
    ------
    ValueError, TypeError
        A negative length, a size or a stride below 1.

    Notes
    -----
    PROP-1. One size has (W - w + 1) (H - h + 1) windows; all sizes together W (W + 1) / 2 x H (H + 1) / 2.

    Examples
    --------
    >>> count_windows(640, 480)
    23679052800
    >>> count_windows(128, 128, [(20, 20), (40, 40)], stride=4)
    1313
    """
    width, height, pairs, (right, down) = _checked(width, height, sizes, stride)
    if pairs is None:
        return _count_of_all(width, right) * _count_of_all(height, down)
    return sum(_count(width, w, right) * _count(height, h, down) for w, h in pairs)


def iterate_windows(
    width: int, height: int, sizes: Sizes | None = None, stride: Stride = 1
) -> Iterator[tuple[int, int, int, int]]:
    """The windows that `count_windows` counts, one after another, as (x1, y1, x2, y2).

    Parameters
    ----------
    width, height, sizes, stride
        As for `count_windows`. Without `sizes` every size comes: narrow before wide, low before high.

    Yields
    ------
    window : tuple of int
        Size after size; within a size row by row.

    Raises
    ------
    ValueError, TypeError
        As `count_windows`, at the first window.

    Examples
    --------
    >>> list(iterate_windows(3, 2, [(2, 2)]))
    [(0, 0, 2, 2), (1, 0, 3, 2)]
    """
    width, height, pairs, (right, down) = _checked(width, height, sizes, stride)
    every = ((w, h) for w in range(1, width + 1) for h in range(1, height + 1))
    for w, h in every if pairs is None else pairs:
        for y1 in _places(height, h, down):
            for x1 in _places(width, w, right):
                yield x1, y1, x1 + w, y1 + h


def sliding_windows(width: int, height: int, sizes: Sizes, stride: Stride) -> NDArray[np.float32]:
    """The windows of `iterate_windows` as an (N, 4) float32 array.

    Parameters
    ----------
    width, height, sizes, stride
        As for `count_windows`.

    Examples
    --------
    >>> sliding_windows(3, 2, [(2, 2)], 1)
    array([[0., 0., 2., 2.],
           [1., 0., 3., 2.]], dtype=float32)
    """
    width, height, pairs, (right, down) = _checked(width, height, sizes, stride)
    if pairs is None:
        raise TypeError("sizes: None came; wanted the sizes of the windows")
    count = sum(_count(width, w, right) * _count(height, h, down) for w, h in pairs)
    if count >= 2**31:
        raise ValueError(
            f"sizes: they make {checks.shown(count)} windows; wanted fewer than 2^31, or iterate_windows"
        )
    grids = [np.zeros((0, 4), np.float32)]
    for w, h in pairs:
        y1, x1 = np.meshgrid(_places(height, h, down), _places(width, w, right), indexing="ij")
        grids.append(np.stack([x1, y1, x1 + w, y1 + h], axis=-1).reshape(-1, 4).astype(np.float32))
    return np.concatenate(grids)


def _places(length, side, stride):
    """First coordinates of the windows of one side along one axis."""
    return range(0, length - side + 1, stride)


def _count(length, side, stride):
    """How many places there are, however large the numbers."""
    return max(0, -((side - length - 1) // stride))


def _count_of_all(length, stride):
    """The same, summed over every side: ceil(m / stride) for m from 1 to the length."""
    whole, rest = divmod(length, stride)
    return stride * whole * (whole + 1) // 2 + rest * (whole + 1)


def _checked(width, height, sizes, stride):
    if sizes is not None:
        sizes = object_checks.sequence(sizes, "sizes", "sizes")
        sizes = [checks.size(size, f"sizes[{i}]") for i, size in enumerate(sizes)]
    return (
        checks.whole_number(width, "width", 0),
        checks.whole_number(height, "height", 0),
        sizes,
        _steps(stride),
    )


def _steps(stride):
    """The steps to the right and down."""
    is_list = isinstance(stride, (list, tuple)) or (isinstance(stride, np.ndarray) and stride.ndim)
    if not is_list:
        return (checks.whole_number(stride, "stride", 1),) * 2
    both = object_checks.sequence(stride, "stride", "numbers", 2)
    return tuple(checks.whole_number(step, f"stride[{i}]", 1) for i, step in enumerate(both))
