"""Colour spaces of selective search, each channel scaled to 0..255 (PROP-2).

What changes with light and shadow differs from space to space: intensity follows every shadow, hue follows none. So one
object falls into regions differently in each, and grouping in several spaces finds more of them.

Source: J. Uijlings et al., Selective Search for Object Recognition, IJCV 2013, section 3.2 and table 2; Lab is CIE
1976 of sRGB under D65; hue, saturation and value are A. R. Smith's hexcone, SIGGRAPH 1978.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

# Rows make X, Y and Z, relative to white, of linear red, green and blue (IEC 61966-2-1).
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
TO_XYZ /= TO_XYZ.sum(axis=1, keepdims=True)


def rgb(image: Image) -> Image:
    """Red, green and blue, as they are."""
    return image


def intensity(image: Image) -> Image:
    """The mean of the three: one channel."""
    return image.mean(axis=-1, keepdims=True, dtype=np.float32)


def normalized_rgb(image: Image) -> Image:
    """The shares of red, green and blue; black has a third of each."""
    total = image.sum(axis=-1, keepdims=True)
    return np.where(total > 0, 255 * image / np.where(total > 0, total, 1), np.float32(85))


def rgi(image: Image) -> Image:
    """The shares of red and green, and the intensity."""
    return np.concatenate([normalized_rgb(image)[..., :2], intensity(image)], axis=-1)


def hsv(image: Image) -> Image:
    """Hue round the hexagon from red over green and blue, saturation and value; grey has hue 0."""
    red, green, blue = np.moveaxis(image, -1, 0)
    value = image.max(axis=-1)
    spread = value - image.min(axis=-1)
    grey = spread == 0
    each = np.where(grey, np.float32(1), spread)
    sixths = np.where(
        value == red,
        (green - blue) / each % 6,
        np.where(value == green, (blue - red) / each + 2, (red - green) / each + 4),
    )
    hue = np.where(grey, np.float32(0), sixths / 6)
    saturation = spread / np.where(value > 0, value, 1)
    return np.stack([255 * hue, 255 * saturation, value], axis=-1)


def hue(image: Image) -> Image:
    """The first channel of `hsv`."""
    return hsv(image)[..., :1]


def opponent(image: Image) -> Image:
    """Red against green and yellow against blue, each over the intensity: the colour invariant C, two channels."""
    shares = normalized_rgb(image) / 255
    red, green, blue = np.moveaxis(shares, -1, 0)
    # red - green lies in -1..1, red + green - 2 blue in -2..1.
    return np.stack([127.5 * (red - green + 1), 85 * (red + green - 2 * blue + 2)], axis=-1)


def lab(image: Image) -> Image:
    """CIE L*, a* and b* as 2.55 L, a + 128, b + 128."""
    share = image / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = linear @ TO_XYZ.T.astype(np.float32)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([2.55 * (116 * y - 16), 500 * (x - y) + 128, 200 * (y - z) + 128], axis=-1)


SPACES = {
    "rgb": rgb,
    "intensity": intensity,
    "lab": lab,
    "rgi": rgi,
    "hsv": hsv,
    "normalized_rgb": normalized_rgb,
    "c": opponent,
    "hue": hue,
}


def in_colour_space(image: Image, space: str) -> Image:
    """(H, W, 3) red, green and blue from 0 to 255, to (H, W, C) float32 in that space, from 0 to 255."""
    return np.clip(SPACES[space](image), 0, 255).astype(np.float32)
