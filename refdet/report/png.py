"""A PNG image as a data URI (W3C, Portable Network Graphics Specification, 2nd ed., sections 5, 9, 11)."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np


def png(image):
    """The bytes of a PNG file.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) uint8 array
        Grey, or red, green and blue; at least one pixel.

    Raises
    ------
    ValueError
        Another shape, or no pixels.
    TypeError
        Another dtype.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8:
        raise TypeError(f"image: dtype is {image.dtype}; wanted uint8, 0 to 255")
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)) or not image.size:
        raise ValueError(f"image: shape is {image.shape}; wanted (H, W) or (H, W, 3) with at least one pixel")
    height, width = image.shape[:2]
    colour_type = 0 if image.ndim == 2 else 2
    rows = image.reshape(height, -1)
    # Each row begins with the number of its filter: 0, none.
    unfiltered = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    data = zlib.compress(unfiltered.tobytes(), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def data_uri(image):
    """The image as ``data:image/png;base64,...``, for HTML and SVG."""
    return "data:image/png;base64," + base64.b64encode(png(image)).decode("ascii")


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
