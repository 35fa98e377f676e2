"""Holds a document against a JSON schema and says in a sentence what is wrong; knows nothing of models.

Only the keywords that model.schema.json uses; a test holds the verdicts against the jsonschema package.
Every schema node carries a `description` that tells what is allowed: it is the end of the sentence.
"""

import math
import re
import reprlib
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

SHOWN_CHARACTERS = 80


def shown(value: object) -> str:
    """The value for a sentence, short: one of aliases within aliases would else fill the memory."""
    short = reprlib.Repr()
    short.maxstring, short.maxlevel = SHOWN_CHARACTERS, 2
    try:
        return short.repr(value)
    except ValueError:  # Python prints no number of more than 4300 digits.
        return f"a very long {type(value).__name__}"


def complaints(value: object, schema: Schema, where: str = "") -> Iterator[str]:
    """What the value breaks of the schema: field, value and what is allowed; none where it holds."""
    if not _fits(value, schema):
        yield f"{where or 'the document'} must be {schema['description']}, not {shown(value)}"
    elif isinstance(value, dict):
        yield from _of_mapping(value, schema, where)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from complaints(item, schema["items"], f"{where}[{index}]")


def _of_mapping(value: dict[Any, Any], schema: Schema, where: str) -> Iterator[str]:
    def path(name: object) -> str:
        return f"{where}.{name}" if where else str(name)

    known: dict[str, Schema] = schema.get("properties", {})
    others = schema.get("additionalProperties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path(name)} is missing; it must be {known[name]['description']}"
    for name, item in value.items():
        if name in known:
            yield from complaints(item, known[name], path(name))
        elif others is False:
            owner = where or "the document"
            yield f"{shown(name)} is not a field of {owner}; fields: {', '.join(known)}"
        elif not _fits(name, {"type": "string", **schema.get("propertyNames", {})}):
            allowed = schema["propertyNames"]["description"]
            yield f"a field of {where} must be {allowed}, not {shown(name)}"
        else:
            yield from complaints(item, others, path(name))


def _fits(value: object, schema: Schema) -> bool:
    """Whether the value itself is allowed, whatever is inside."""
    match schema["type"]:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list) and schema["minItems"] <= len(value) <= schema["maxItems"]
        case "string":
            return isinstance(value, str) and _fits_text(value, schema)
        case "integer":
            return isinstance(value, int) and _fits_number(value, schema)
        case "number":
            real = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
            return real and _fits_number(value, schema)
        case other:
            raise ValueError(f"type must be object, array, string, integer or number, not {other!r}")


def _fits_text(value: str, schema: Schema) -> bool:
    if "enum" in schema and value not in schema["enum"]:
        return False
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf):
        return False
    # fullmatch: Python's $ would let a newline follow.
    return "pattern" not in schema or re.fullmatch(schema["pattern"], value) is not None


def _fits_number(value: Any, schema: Schema) -> bool:
    if isinstance(value, bool) or ("enum" in schema and value not in schema["enum"]):
        return False
    return bool(schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf))
