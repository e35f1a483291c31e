"""One HTML file that holds everything: style, drawings, images, traces, and the script that replays them."""

from __future__ import annotations

import json
from importlib import resources

import numpy as np

from refdet.report.atomic_write import atomic_write
from refdet.report.markup import Markup, element, escaped, svg, void
from refdet.report.player import player_data
from refdet.report.png import data_uri

LONG = 16  # letters from which on a word in a table may break
BUTTONS = ("first", "previous", "play", "next", "last")

# The browser itself refuses anything from outside.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class Page:
    r"""A report, part after part in the order of the calls; every text is escaped.

    Parameters
    ----------
    title : str

    Examples
    --------
    >>> page = Page("Two boxes")
    >>> page.text("One of them is kept.")
    >>> page.table(["index", "score"], [[0, 0.9]])
    >>> "<td class=\"number\">0.9</td>" in page.html()
    True
    """

    def __init__(self, title):
        self.title = str(title)
        self.parts = []
        self.has_player = False

    def heading(self, text, level=2):
        """A heading; level 2 for a section, 3 within one."""
        if level not in (2, 3):
            raise ValueError(f"level: {level} came; wanted 2 or 3, the title is 1")
        self.parts.append(element(f"h{level}", text))

    def text(self, text):
        """A paragraph."""
        self.parts.append(element("p", text))

    def code(self, text):
        """Text as it is, letter under letter; what is too wide scrolls."""
        self.parts.append(element("div", element("pre", text), class_="scroll", tabindex=0))

    def table(self, header, rows, caption=None):
        """A table; columns of numbers stand to the right, floats are shortened to six digits.

        On a narrow screen text wraps, numbers stay whole; what is too wide even so scrolls.

        Raises
        ------
        ValueError
            A row that is longer or shorter than the header.
        """
        rows = [list(row) for row in rows]
        for i, row in enumerate(rows):
            if len(row) != len(header):
                raise ValueError(f"rows: row {i} has {len(row)} cells; wanted {len(header)}, like the header")
        columns = list(zip(*rows, strict=True)) or [()] * len(header)
        numbers = [bool(column) and all(map(_is_number, column)) for column in columns]
        head = _row("th", header, numbers, scope="col")
        body = [_row("td", row, numbers) for row in rows]
        caption = [] if caption is None else [element("caption", caption)]
        whole = element("table", *caption, element("thead", head), element("tbody", *body))
        # Focusable, so that a wide table can be scrolled with the keyboard.
        self.parts.append(element("div", whole, class_="scroll", tabindex=0))

    def svg(self, drawing, caption):
        """A drawing made by `detections.draw`, `curves.draw` or `bars.draw`, with a caption."""
        self.parts.append(_figure(drawing, caption))

    def gallery(self, drawings):
        """Small drawings side by side: (drawing, caption) pairs."""
        self.parts.append(element("div", *(_figure(*pair) for pair in drawings), class_="gallery"))

    def image(self, array, caption):
        """A (H, W) or (H, W, 3) uint8 array as a picture, with a caption."""
        array = np.asarray(array)
        picture = void("img", src=data_uri(array), alt=caption, width=array.shape[1], height=array.shape[0])
        self.parts.append(_figure(Markup(picture), caption))

    def player(self, trace, view="boxes", *, image=None, limit=4096):
        """The steps of a trace, to click through.

        Parameters
        ----------
        trace : Trace
        view : {"boxes", "source"}
            "boxes" draws the variable ``boxes`` with the fates that `nms` gives them; "source" draws nothing.
        image : (H, W) or (H, W, 3) uint8 array, optional
            What lies behind the boxes.
        limit : int
            Arrays of more values are summarised, and such boxes are not drawn.

        Raises
        ------
        ValueError
            A view of another name; a trace whose steps have no boxes with fates, unless the view is "source".
        """
        if view not in ("boxes", "source"):
            raise ValueError(f"view: {view!r} came; wanted 'boxes' or 'source'")
        if view == "boxes" and not all(_has_fates(step) for step in trace):
            raise ValueError(f"view: {trace.function} has no boxes that are kept or go; wanted 'source'")
        # "</script>" inside the data would end it: no "<" is written as such.
        data = json.dumps(player_data(trace, limit), allow_nan=False).replace("<", "\\u003c")
        controls = [element("button", name.capitalize(), type="button", data_go=name) for name in BUTTONS]
        source = element("pre", class_="source", tabindex=0, aria_label="Source; lines that ran are marked")
        variables = element("table", element("tbody"), aria_label="Variables; those that changed are marked")
        details = element("details", element("summary", "Variables"), variables, open="open")
        canvas = [_canvas(image)] if view == "boxes" else []
        columns = "two" if canvas else "one"
        self.parts.append(
            element(
                "refdet-player",
                element("script", Markup(data), type="application/json"),
                element("div", *controls, element("span", class_="count"), class_="controls"),
                element("p", "The steps need JavaScript.", class_="note", aria_live="polite"),
                element("div", *canvas, element("div", source, details), class_=f"stage {columns}"),
                role="group",
                tabindex=0,
                aria_label=f"Steps of {trace.function}; arrow keys, Home and End move between them",
            )
        )
        self.has_player = True

    def html(self):
        """The whole document as text."""
        head = element(
            "head",
            void("meta", charset="utf-8"),
            void("meta", name="viewport", content="width=device-width, initial-scale=1"),
            void("meta", http_equiv="Content-Security-Policy", content=POLICY),
            void("link", rel="icon", href="data:,"),
            element("title", self.title),
            element("style", Markup(_asset("style.css"))),
        )
        script = [element("script", Markup(_asset("player.js")))] if self.has_player else []
        body = element("body", element("main", element("h1", self.title), *self.parts), *script)
        return "<!DOCTYPE html>\n" + element("html", head, "\n", body, lang="en") + "\n"

    def write(self, path):
        """Write the document; the file is there whole or not at all.

        Raises
        ------
        OSError
            The folder is missing or cannot be written.
        """
        atomic_write(path, self.html())


def _figure(drawing, caption):
    if not isinstance(drawing, Markup):
        raise TypeError(f"drawing: {type(drawing).__name__} came; wanted a drawing, from detections.draw")
    return element("figure", drawing, element("figcaption", caption))


def _canvas(image):
    """The drawing that the player fills."""
    behind = []
    if image is not None:
        height, width = np.shape(image)[:2]
        behind = [element("image", href=data_uri(image), width=width, height=height, class_="pixels behind")]
    return element("figure", svg(4, 1, *behind, title="Boxes"), element("figcaption", aria_hidden="true"))


def _has_fates(step):
    seen = set(step.variables)
    return {"boxes", "scores"} <= seen and bool({"alive", "idxs", "queue"} & seen)


def _row(tag, values, numbers, **attributes):
    cells = zip(values, numbers, strict=True)
    return element("tr", *(element(tag, _cell(v), class_=_kind(v, n), **attributes) for v, n in cells))


def _kind(value, is_number):
    """What the style must know of a cell: numbers stay in one piece, long words such as hashes may break."""
    if is_number:
        return "number"
    return "long" if max(map(len, str(value).split()), default=0) >= LONG else None


def _is_number(value):
    """True for a real number, and for text that shows one, such as 1,234.50."""
    try:
        float(str(value).replace(",", ""))
    except ValueError:
        return False
    return True


def _cell(value):
    return f"{float(value):.6g}" if isinstance(value, (float, np.floating)) else escaped(value)


def _asset(name):
    return resources.files("refdet.report").joinpath(name).read_text(encoding="utf-8")
