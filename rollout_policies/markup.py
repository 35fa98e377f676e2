"""Writes HTML, the one place where text from outside is escaped; knows nothing of what is shown.

`Html` is a type of its own: what mypy lets into a page was escaped by `text` or made by `tag`.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from html import escape
from typing import NewType

Html = NewType("Html", str)
BREAK = Html("<br>")

# Nothing is loaded and nothing runs, wherever the file is opened.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1b1b1b;background:#fff;max-width:1180px;margin:2em auto;
padding:0 1.2em}
h1{font-size:1.5em;margin:0 0 .3em} h2{font-size:1.15em;margin:2em 0 .5em} p{margin:.4em 0}
table{border-collapse:collapse;font-size:14px}
td,th{text-align:left;vertical-align:top;padding:.3em .9em .3em 0;
border-bottom:1px solid #ddd} th{font-weight:600}
code{font:13px ui-monospace,monospace;overflow-wrap:break-word} .dim{color:#666} .num{white-space:nowrap}
.pair{display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start} svg{max-width:100%;height:auto}
.verdict{padding:.7em 1em;border-left:6px solid;margin:.8em 0;background:#f6f6f6}
.good{border-color:#2e7d32} .bad{border-color:#c62828} .wait{border-color:#b26a00}
bdi.wrong{background:#ffd9d6} bdi.extra{background:#ffe9b8}
bdi.missing{color:#888;text-decoration:line-through}
.chip{padding:0 .5em;border-radius:.7em;color:#fff;font-size:13px;white-space:nowrap}
"""


def text(value: object) -> Html:
    """Return a text escaped for content and attributes."""
    return Html(escape(printable(str(value))))


def printable(value: str) -> str:
    """Return the text with what a page must not hold shown as U+FFFD.

    That is control characters, lone surrogates, and the marks that turn the direction of what follows them.
    """
    return "".join("\ufffd" if _is_unfit(character) else character for character in value)


def _is_unfit(character: str) -> bool:
    turns = "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
    return turns or (unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t")


def tag(name: str, *children: Html, **attributes: str | float) -> Html:
    """Return an element; `class_` is written class, `stroke_width` stroke-width, numbers to two decimals."""
    written = "".join(f' {_attribute(key)}="{_value(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{written}>{''.join(children)}</{name}>")


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: str | float) -> str:
    return text(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def join(parts: Iterable[Html], between: str = "") -> Html:
    """Return the parts one after the other; `between` is text."""
    return Html(text(between).join(parts))


def code(value: object) -> Html:
    """Return a name or digest in the type for such."""
    return tag("code", text(value))


def table(head: Sequence[str], rows: Iterable[Sequence[Html]]) -> Html:
    """Return a table with a row of headings."""
    first = tag("tr", *(tag("th", text(cell)) for cell in head))
    return tag("table", first, *(tag("tr", *(tag("td", cell) for cell in row)) for row in rows))


def facts(rows: Iterable[tuple[str, Html]]) -> Html:
    """Return a table of names and values."""
    return tag("table", *(tag("tr", tag("th", text(name)), tag("td", value)) for name, value in rows))


def section(title: str, *children: Html) -> Html:
    """Return a part of a page under its heading."""
    return tag("section", tag("h2", text(title)), *children)


def page(title: str, *body: Html, refresh_seconds: int | None = None) -> str:
    """Return a whole page without outside assets."""
    refresh = f'<meta http-equiv="refresh" content="{refresh_seconds}">' if refresh_seconds else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{refresh}'
        f'<meta http-equiv="content-security-policy" content="{escape(POLICY)}">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )
