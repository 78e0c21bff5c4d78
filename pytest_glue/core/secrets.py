"""Secrets that options can hold: which they are, and what reports, messages and terminal show instead."""

import re
from collections.abc import Mapping

SECRET_FIELDS = ("hub_token", "push_to_hub_token")
"""Fields of `TrainingArguments`."""

_NAMES = "|".join(SECRET_FIELDS)
_VALUE = r"""(?!<)(?:'[^']*'|"[^"]*"|[^\s'",}]+)"""
_FIELD = re.compile(rf"""\b({_NAMES})(\s*=\s*|['"]\s*:\s*(?=['"])|:\s*(?=['"])|:(?=\S)){_VALUE}""")
"""As on the command line, in a table, and in a Python or JSON object. A word after a colon and a space is prose."""
_PASSWORD = re.compile(r"(?<!http)(?<!https)(://[^\s/@:]*):\S*(?=@)|(://[^\s/@:]*):[^\s/]*(?=@)")
"""In URLs of databases it may contain a slash; in those of the web, a colon may also precede the port."""
_PARAMETER = re.compile(r"([?&](?:\w*_)?(?:password|passwd|pwd|token|secret|sslpassword)=)[^\s&#'\"]+", re.IGNORECASE)


def mask_value(name: str, value: object) -> object:
    """Return what is shown of a field's value: for a token `<HUB_TOKEN>`, as transformers writes it."""
    return f"<{name.upper()}>" if name in SECRET_FIELDS and value is not None else value


def mask_fields(recipe: Mapping[str, object]) -> dict[str, object]:
    """Return a recipe as it is shown."""
    return {name: mask_value(name, value) for name, value in recipe.items()}


def mask(text: str) -> str:
    """Return a text without the tokens of recipes and without the passwords of URLs."""
    text = _FIELD.sub(lambda found: f"{found[1]}{found[2]}<{found[1].upper()}>", text)
    text = _PASSWORD.sub(lambda found: f"{found[1] or found[2]}:***", text)
    return _PARAMETER.sub(r"\1***", text)
