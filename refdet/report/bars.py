"""Horizontal bars with their values, as SVG: times side by side."""

from __future__ import annotations

from refdet.report.markup import element, svg

NAME, LENGTH, VALUE, ROW = 148, 150, 84, 24


def draw(values, *, unit):
    """A bar per entry, longest = largest.

    Parameters
    ----------
    values : dict of name to float
        Finite, at least 0.
    unit : str
        Written after each value.

    Returns
    -------
    svg : Markup

    Raises
    ------
    ValueError
        A value that is negative or not finite.
    """
    for name, value in values.items():
        if not 0 <= value < float("inf"):
            raise ValueError(f"values: {name!r} is {value}; wanted a finite number of at least 0")
    largest = max(values.values(), default=0) or 1
    drawn = []
    for i, (name, value) in enumerate(values.items()):
        long = LENGTH * value / largest
        drawn.append(element("text", name, x=NAME - 8, y=ROW * i + 17, text_anchor="end"))
        drawn.append(element("rect", x=NAME, y=ROW * i + 5, width=float(long), height=ROW - 10, class_="bar"))
        drawn.append(element("text", f"{value:.4g} {unit}", x=float(NAME + long + 6), y=ROW * i + 17))
    title = ", ".join(f"{name} {value:.4g} {unit}" for name, value in values.items())
    return svg(NAME + LENGTH + VALUE, ROW * max(len(values), 1), *drawn, title=title, class_="chart")
