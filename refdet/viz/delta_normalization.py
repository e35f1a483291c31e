"""Steps of the normalisation of deltas as pictures: bars of the four deltas, row by row (ENC-3)."""

from __future__ import annotations

import numpy as np

from refdet.viz import terms

SHOWN = {
    "delta_statistics": {"class": {"mean": "means", "deviation": "stds"}},
    "normalize_deltas": {
        "centre": {"deltas": "deltas", "less the means": "centred"},
        "divide": {"less the means": "centred", "over the deviations": "targets"},
    },
    "denormalize_deltas": {
        "multiply": {"targets": "deltas", "times the deviations": "scaled"},
        "add": {"times the deviations": "scaled", "plus the means": "restored"},
    },
}


def draw(ax, step):
    """Draw the numbers of a step of `delta_statistics`, `normalize_deltas` or `denormalize_deltas`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    ENC-3. Bars stand four by four, dx, dy, dw, dh of each row, or of each class.
    """
    if step.function not in SHOWN:
        raise ValueError(
            f"step: {step.function}.{step.name} came; wanted a step of a normalisation of deltas"
        )
    shown = {words: np.ravel(step.variables[name]) for words, name in SHOWN[step.function][step.name].items()}
    terms.bars(ax, shown, "dx, dy, dw, dh, row by row")
