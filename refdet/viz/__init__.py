"""Pictures with matplotlib: one ``draw(ax, step)`` per algorithm, and drawings of results.

Matplotlib (extra ``viz``) is imported by the functions that need it, and only its object-oriented part: no
window system, no global figure, no backend is chosen.
"""

from refdet.viz import (
    coders,
    curves,
    detections,
    nms,
    overlaps,
    regions,
    roi_align,
    roi_pool,
    segmentation,
    selective_search,
    soft_nms,
    warping,
)
from refdet.viz.film import filmstrip

__all__ = [
    "coders",
    "curves",
    "detections",
    "filmstrip",
    "nms",
    "overlaps",
    "regions",
    "roi_align",
    "roi_pool",
    "segmentation",
    "selective_search",
    "soft_nms",
    "warping",
]
