"""Boxes as arrays: formats, area, clipping, and the filter of small ones."""
