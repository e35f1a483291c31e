"""Pictures with matplotlib: one ``draw(ax, step)`` per algorithm, and drawings of results.

Matplotlib (extra ``viz``) is imported by the functions that need it, and only its object-oriented part: no
window system, no global figure, no backend is chosen.
"""

from refdet.viz import coders, curves, detections, losses, nms, overlaps, roi_align, roi_pool, soft_nms
from refdet.viz.film import filmstrip

__all__ = [
    "coders",
    "curves",
    "detections",
    "filmstrip",
    "losses",
    "nms",
    "overlaps",
    "roi_align",
    "roi_pool",
    "soft_nms",
]
