"""A photograph that is installed with scikit-image: a cup of coffee on a wooden table.

Source: R. Michetti, given to the public domain (CC0); in scikit-image, installed by the extra ``demo``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def load_photograph() -> NDArray[np.uint8]:
    """The photograph as (400, 600, 3) uint8; nothing is downloaded.

    Raises
    ------
    ImportError
        scikit-image, which ships the file, is not installed.
    """
    try:
        from skimage.data import coffee
    except ImportError:
        raise ImportError(
            'load_photograph: scikit-image is missing; run: pip install "refdet[demo]"'
        ) from None
    return coffee()
