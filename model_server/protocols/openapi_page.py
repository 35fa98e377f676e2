"""An OpenAPI document as one page of HTML: no script, nothing from outside, every text escaped. Pure."""

from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: light-dark(#0b6b3a, #6fd29b); }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0 auto; max-width: 62rem; padding: 1.5rem; }
h1 { margin: 0; } h2 { border-bottom: 1px solid var(--line); margin-top: 2.5rem; padding-bottom: .3rem; }
nav { columns: 2; margin: 1rem 0; } nav a { display: block; }
article { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; padding: .2rem 1rem 1rem; }
h3 { font: 600 1rem/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
h3 b { background: var(--accent); border-radius: 4px; color: Canvas; padding: .1rem .45rem; }
h4 { margin: 1rem 0 .3rem; }
a { color: var(--accent); text-decoration: none; }
code, pre { background: var(--soft); border-radius: 4px; font: .86rem/1.5 ui-monospace, monospace; }
code { overflow-wrap: anywhere; padding: .1rem .25rem; } pre { overflow-x: auto; padding: .6rem .8rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; vertical-align: top; }
td:first-child { width: 15rem; }
@media (max-width: 40rem) { nav { columns: 1; } td:first-child { width: auto; } }
"""


def page(document: dict[str, Any]) -> str:
    """The page of a document whose operations have tags, and examples as x-codeSamples."""
    info = document["info"]
    groups = [(tag, _operations(document, tag["name"])) for tag in document["tags"]]
    title = escape(f"{info['title']} {info['version']}")
    body = [
        f"<h1>{title}</h1><p>{escape(info['description'])}</p>",
        "<p>In the examples: <code>export URL=http://127.0.0.1:8080</code> and a <code>speech.wav</code>. "
        'The same for programs: <a href="openapi.json">openapi.json</a>.</p>',
        f"<nav>{''.join(_links(operations) for _, operations in groups)}</nav>",
        *(_group(tag, operations) for tag, operations in groups),
        _headers(document["components"]["headers"]),
        _schemas(document["components"]["schemas"]),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body>{''.join(body)}</body></html>"
    )


def _operations(document: dict[str, Any], tag: str) -> list[tuple[str, str, dict[str, Any]]]:
    """The method, path and operation of each one with this tag."""
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if tag in operation["tags"]
    ]


def _links(operations: list[tuple[str, str, dict[str, Any]]]) -> str:
    return "".join(
        f'<a href="#{_anchor(method, path)}"><code>{method.upper()} {escape(path)}</code></a>'
        for method, path, _ in operations
    )


def _group(tag: dict[str, Any], operations: list[tuple[str, str, dict[str, Any]]]) -> str:
    articles = "".join(_article(method, path, operation) for method, path, operation in operations)
    return f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>{articles}"


def _article(method: str, path: str, operation: dict[str, Any]) -> str:
    samples = "".join(f"<pre>{escape(sample['source'])}</pre>" for sample in operation["x-codeSamples"])
    takes = operation.get("requestBody", {}).get("content", {})
    return (
        f'<article id="{_anchor(method, path)}"><h3><b>{method.upper()}</b> {escape(path)}</h3>'
        f"<p>{escape(operation['summary'])}. {escape(operation.get('description', ''))}</p>{samples}"
        + _table("Takes", [(media, shape) for shape, media in _by_shape(takes).items()])
        + _table(
            "Parameters",
            [(each["name"], escape(each["description"])) for each in operation["parameters"]],
        )
        + _table("Answers", [(code, _answer(answer)) for code, answer in operation["responses"].items()])
        + "</article>"
    )


def _by_shape(contents: dict[str, Any]) -> dict[str, str]:
    """The content types that share a shape, by that shape."""
    found: dict[str, list[str]] = {}
    for media, content in contents.items():
        found.setdefault(_shape(content["schema"]), []).append(media)
    return {shape: ", ".join(medias) for shape, medias in found.items()}


def _answer(answer: dict[str, Any]) -> str:
    contents = _by_shape(answer.get("content", {}))
    shapes = [f"<code>{escape(media)}</code> {shape}" for shape, media in contents.items()]
    return "<br>".join([escape(answer["description"]), *shapes])


def _headers(headers: dict[str, Any]) -> str:
    rows = [(name, escape(header["description"])) for name, header in headers.items()]
    return f"<h2>Headers of every answer</h2>{_table('', rows)}"


def _schemas(schemas: dict[str, Any]) -> str:
    return "<h2>Shapes</h2>" + "".join(_schema(name, schema) for name, schema in schemas.items())


def _schema(name: str, schema: dict[str, Any]) -> str:
    about = f"<p>{escape(schema['description'])}</p>" if "description" in schema else ""
    kinds = schema.get("oneOf", [schema])
    required = [name for kind in kinds for name in kind.get("required", [])]
    rows = [
        (field if field in required else f"{field}?", _shape(inner))
        for kind in kinds
        for field, inner in kind.get("properties", {}).items()
    ]
    return f'<article id="{escape(name)}"><h3>{escape(name)}</h3>{about}{_table("", rows)}</article>'


def _shape(schema: dict[str, Any]) -> str:
    """A schema in words."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "oneOf" in schema:
        return " or ".join(_shape(kind) for kind in schema["oneOf"])
    about = f" {escape(schema['description'])}" if "description" in schema else ""
    if schema.get("type") == "array":
        return f"list of {_shape(schema['items'])}{about}"
    if "properties" in schema:
        fields = ", ".join(
            f"<code>{escape(name)}</code>: {_shape(inner)}" for name, inner in schema["properties"].items()
        )
        return f"object of {fields}{about}"
    return f"{_kind(schema)}{about}"


def _kind(schema: dict[str, Any]) -> str:
    if "const" in schema:
        return f"<code>{escape(str(schema['const']))}</code>"
    if "enum" in schema:
        return ", ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    kind = "bytes" if schema.get("format") == "binary" else schema.get("type", "anything")
    return escape(kind if isinstance(kind, str) else " or ".join(kind))


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    """The first cells are code, the second ones HTML."""
    if not rows:
        return ""
    heading = f"<h4>{escape(title)}</h4>" if title else ""
    cells = "".join(f"<tr><td><code>{escape(name)}</code></td><td>{html}</td></tr>" for name, html in rows)
    return f"{heading}<table>{cells}</table>"


def _anchor(method: str, path: str) -> str:
    return escape(f"{method}-{path.strip('/').replace('/', '-')}")
