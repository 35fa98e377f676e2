"""HTML is written so that text stays text."""

import pytest

from rollout_policies.markup import page, printable, table, tag, text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        ("na\u00efve \u65e5\u672c", "na\u00efve \u65e5\u672c"),
        ("a\x00b\ud83dc\u202ed", "a\ufffdb\ufffdc\ufffdd"),
        (7, "7"),
    ],
)
def test_text_is_escaped_and_printable(value: object, written: str) -> None:
    assert text(value) == written


def test_line_ends_stay() -> None:
    assert printable("one\n\ttwo\r") == "one\n\ttwo\ufffd"


def test_attributes_are_escaped_and_named_as_html_names_them() -> None:
    drawn = tag("p", text("x"), class_='a" onclick="b', stroke_width=2.0, x=0.126)
    assert drawn == '<p class="a&quot; onclick=&quot;b" stroke-width="2" x="0.13">x</p>'


def test_a_table_has_a_row_of_headings() -> None:
    assert table(("A&B",), [[text("1")]]) == "<table><tr><th>A&amp;B</th></tr><tr><td>1</td></tr></table>"


def test_a_page_forbids_what_it_does_not_need() -> None:
    written = page("<t>", text("x"))
    assert "<title>&lt;t&gt;</title>" in written
    assert "default-src &#x27;none&#x27;" in written
