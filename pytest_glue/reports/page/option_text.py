"""Values of options as a page shows them."""

import json
from collections.abc import Mapping
from typing import Any


def option_text(value: Any) -> str:
    """Return names as a list, and a table as JSON, without the fields that say nothing."""
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ", ".join(map(str, value))
    return json.dumps(_without_empty(value), indent=1, ensure_ascii=False) if isinstance(value, Mapping) else str(value)


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_empty(each) for key, each in value.items() if each not in (None, "", [], {})}
    return [_without_empty(each) for each in value] if isinstance(value, list) else value
