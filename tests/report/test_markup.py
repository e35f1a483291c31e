"""Elements: escaped, named as HTML and SVG name them."""

from refdet.report.markup import Markup, element, escaped, svg, void


def test_text_is_escaped_and_markup_is_not():
    assert element("p", "<b>", Markup("<i></i>")) == "<p>&lt;b&gt;<i></i></p>"


def test_attributes_are_escaped_renamed_and_left_out():
    made = element("rect", class_='a"b', stroke_width=2, x=1 / 3, hidden=None)
    assert made == '<rect class="a&quot;b" stroke-width="2" x="0.333333"></rect>'


def test_a_void_element_has_no_end():
    assert void("img", alt="</img>") == '<img alt="&lt;/img&gt;">'


def test_what_is_no_text_is_replaced():
    assert escaped("a\x00b\x1b\ud800\x85\tc\nd é\xa0") == "a\ufffdb\ufffd\ufffd\ufffd\tc\nd é\xa0"


def test_a_drawing_says_what_it_shows():
    assert svg(3, 2.5, title="a & b") == '<svg viewBox="0 0 3 2.5" role="img" aria-label="a &amp; b"></svg>'
