"""The generated parts of the pages: `python -m docs.tables` writes them anew from the declarations in the package.

Each part stands between two comments, as in `<!-- options -->` and `<!-- /options -->`.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from docs.commands_table import commands_reference
from docs.fixtures_table import fixtures_table, hooks_table
from docs.options_table import options_table
from docs.schema_tables import schema_reference
from docs.tasks_table import fields_table, tasks_table

DOCS = Path(__file__).parent
PARTS: Mapping[tuple[str, str], Callable[[], str]] = MappingProxyType(
    {
        ("reference.md", "options"): options_table,
        ("reference.md", "tasks"): tasks_table,
        ("reference.md", "fixtures"): fixtures_table,
        ("tasks.md", "fields"): fields_table,
        ("hooks.md", "hooks"): hooks_table,
        ("commands.md", "commands"): commands_reference,
        ("report-schema.md", "schema"): schema_reference,
    }
)
"""What makes each generated part, by page and name."""


def part_of(text: str, name: str) -> str:
    """Return the generated part of a page.

    Raises:
        ValueError: the page has no such part, or several.
    """
    (part,) = re.findall(_pattern(name), text, re.DOTALL)
    return str(part)


def with_part(text: str, name: str, part: str) -> str:
    """Return a page with another generated part."""
    return re.sub(_pattern(name), lambda _: f"<!-- {name} -->\n{part}\n<!-- /{name} -->", text, flags=re.DOTALL)


def _pattern(name: str) -> str:
    return rf"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->"


if __name__ == "__main__":
    for (page, name), made in PARTS.items():
        path = DOCS / page
        path.write_text(with_part(path.read_text("utf-8"), name, made()), "utf-8")
