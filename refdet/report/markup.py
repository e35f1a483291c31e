"""Text and elements of HTML and SVG, always escaped.

Text that is to be shown is a `str`; markup that is finished is a `Markup`. What is not `Markup` is escaped.
"""

from __future__ import annotations

import html
import re

import numpy as np

# Control characters, and lone surrogates, which cannot be written as UTF-8.
_NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Markup(str):
    """Finished markup: it is not escaped again."""

    __slots__ = ()


def escaped(value):
    """`value` as text that a browser shows as it is; also inside quotes."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape(_NO_TEXT.sub("\ufffd", str(value)), quote=True))


def element(tag, *children, **attributes):
    """One element; ``stroke_width=2`` becomes ``stroke-width="2"``, ``class_`` ``class``; no None."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{tag}{written}>{''.join(escaped(child) for child in children)}</{tag}>")


def void(tag, **attributes):
    """An HTML element that has no end, such as ``<img>``."""
    return Markup(element(tag, **attributes).removesuffix(f"</{tag}>"))


def svg(width, height, *children, title, class_=None):
    """An SVG drawing that fills the width it is given; `title` is read out to those who cannot see it."""
    view = f"0 0 {_value(width)} {_value(height)}"
    return element("svg", *children, viewBox=view, role="img", aria_label=title, class_=class_)


def _value(value):
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.6g}"
    return escaped(str(value))
