"""The rows of refdet.matching.sampling for `calls`."""

import numpy as np

DRAWN = {"rng": np.random.default_rng(0), "total": 3, "pos_fraction": 0.5}

CALLS_OF_MATCHING = {
    "matching.sampling.fine_tuning_batch": {"labels": np.array([0, 2, 1]), **DRAWN},
    "matching.sampling.sample": {"pos": np.array([0, 1, 2]), "neg": np.array([5, 4, 3]), **DRAWN},
}
