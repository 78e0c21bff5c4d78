"""The reference of the JSON report, from its schema."""

from typing import Any

from pytest_glue.reports.schema import schema


def schema_reference() -> str:
    """Return Markdown tables of the fields: those of the report, then those of each type in it."""
    document = schema()
    parts = [f"## Report\n\n{_fields(document)}"]
    for name, definition in document["$defs"].items():
        text = definition.get("description", "")
        body = _fields(definition) if "properties" in definition else _type(definition)
        parts.append("\n\n".join(part for part in (f"## {name}", text, body) if part))
    return "\n\n".join(parts)


def _fields(definition: dict[str, Any]) -> str:
    required = definition.get("required", [])
    rows = [
        f"| `{name}` | {_type(field)}{'' if name in required else ', optional'} | {_text(field)} |"
        for name, field in definition["properties"].items()
    ]
    return "\n".join(["| field | type | meaning |", "|---|---|---|", *rows])


def _text(field: dict[str, Any]) -> str:
    return " ".join(str(field.get("description", "")).split()).replace("|", r"\|")


def _type(field: dict[str, Any]) -> str:
    """Return the type of a value in words, with a link to what is defined on the page."""
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    kinds = [field["type"]] if isinstance(field.get("type"), str) else field.get("type", ["any"])
    return " or ".join(_plain(kind, field) for kind in kinds)


def _plain(kind: str, field: dict[str, Any]) -> str:
    if kind == "array" and isinstance(field.get("items"), dict):
        return f"list of {_type(field['items'])}"
    if kind == "array" and "prefixItems" in field:
        return f"list of {len(field['prefixItems'])}: {', '.join(_type(each) for each in field['prefixItems'])}"
    if kind == "object" and isinstance(field.get("additionalProperties"), dict):
        return f"object of {_type(field['additionalProperties'])}"
    return kind
