"""Small images with many ties, and options of the segmentation; larger ones with edges of all weights."""

import numpy as np
from hypothesis import strategies as st

KS = st.sampled_from([0, 0.5, 1, 2, 3, 5, 8])
SIGMAS = st.sampled_from([0, 0.5, 0.8, 3])
MIN_SIZES = st.sampled_from([0, 1, 2, 3, 5, 100])


@st.composite
def images(draw, most=7, channels=(1, 3)):
    """Whole numbers from 0 to 5, so that equal weights and weights at the threshold are common."""
    shape = draw(st.integers(1, most)), draw(st.integers(1, most)), draw(st.sampled_from(channels))
    values = draw(st.lists(st.integers(0, 5), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    return np.array(values, np.uint8).reshape(shape)


def scene(seed=0, shape=(60, 80, 3), block=10, noise=12):
    """Blocks of colour under noise, as floats from 0 to 255."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (-(-shape[0] // block), -(-shape[1] // block), shape[2]))
    spread = blocks.repeat(block, axis=0).repeat(block, axis=1)[: shape[0], : shape[1]]
    return np.clip(spread + rng.normal(0, noise, shape), 0, 255)


@st.composite
def label_maps(draw, most=6):
    """Numbers of connected or scattered regions, without gaps."""
    shape = draw(st.integers(1, most)), draw(st.integers(1, most))
    count = shape[0] * shape[1]
    values = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    return np.unique(values, return_inverse=True)[1].reshape(shape).astype(np.int64)
