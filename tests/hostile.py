"""Texts that would break a page, a table, XML, Markdown or the log of a CI job, if they were written as they are."""

import re
from collections.abc import Callable
from typing import Any

HOSTILE = (
    "</summary></details><script>alert(1)</script>",
    "| a | b |",
    "```\n# heading\n```",
    "`code` **bold** [link](javascript:alert(1)) ![x](http://x/y.png)",
    "\n::error::stop\n##[command]",
    "\x1b[31mred\x07\x00",
    "\u202egnp.exe\u2066",
    "\udcff\ud800",
    "@everyone #1 <!-- ",
    "1. a\n- b\n+ c\n=====",
    "x" * 100_000,
    "]]></failure>&#0;&lt;{{ 7 * 7 }}{% endraw %}",
)

_FIXED = re.compile(
    r"|sha256:.*|pass|fail|inconclusive|degenerate|passed|failed|complete|pruned|optuna|held-out|maximize|hub|"
    r"flipped|none|auto|keep|use|local|error"
)
"""Values of fields that are enumerations or digests."""
_FREE = frozenset({"metrics", "recipe", "hyperparameters", "libraries", "importance"})
_COUNTS = frozenset({"baseline", "candidate"})
"""Fields whose keys are names too."""


def with_names(report: dict[str, Any], name_of: Callable[[str], str]) -> Any:
    """Return a report in which every text is replaced that is a name, a label, a sentence, a value or a message.

    Args:
        report: as read from its file.
        name_of: returns another text for one; equal texts stay equal.
    """
    kept = {name: report[name] for name in ("schema_version", "options")}
    return {**_replaced(report, name_of), **kept}


def _replaced(value: Any, name_of: Callable[[str], str], *, is_free: bool = False) -> Any:
    match value:
        case str():
            return value if _FIXED.fullmatch(value) else name_of(value)
        case list():
            return [_replaced(each, name_of) for each in value]
        case dict():
            return {
                name_of(key) if is_free else key: _replaced(each, name_of, is_free=_has_names(key, each))
                for key, each in value.items()
            }
    return value


def _has_names(field: str, value: Any) -> bool:
    """Return whether the keys of a field are names; a comparison with a baseline has fields, not counts by label."""
    is_count = isinstance(value, dict) and all(isinstance(each, int) for each in value.values())
    return is_count if field in _COUNTS else field in _FREE
