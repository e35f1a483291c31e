"""Value and gradient of every family of losses, and the steps of a total, as SVG files.

    python examples/loss_curves.py [FOLDER]

Needs matplotlib. The pictures of docs/losses were made by it, in that folder.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from refdet import losses, viz

folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
figures = {}
for name in viz.losses.FAMILIES:
    figures[name] = Figure(figsize=(8.4, 3.2), layout="constrained")
    viz.losses.draw_family(figures[name].subplots(1, 2), name)

# Four regions, of which the first two hold an object of class 1 and 2; docs/losses/totals.md counts it by hand.
logits = np.log([[1.0, 2, 1], [1, 1, 2], [2, 1, 1], [1, 1, 1]])
deltas = np.zeros((4, 12))
deltas[0, 4:8] = [2, 0.5, 0, 0]
deltas[1, 8:12] = [0, 0, 1, 0]
trace = losses.fast_rcnn_loss.trace(logits, deltas, [1, 2, 0, 0], np.zeros((4, 4)))
own = [i for i, step in enumerate(trace) if step.depth == 0]  # without those of its terms
figures["totals"] = viz.filmstrip(trace, viz.totals.draw, own)
print(trace)

with rc_context(
    {"svg.fonttype": "none", "svg.hashsalt": "refdet"}
):  # text as text, and the same names every time
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
