"""The generated parts of the documentation, and that nothing is left out of it."""

import re

import pytest

from docs.tables import DOCS, PARTS, part_of, with_part
from pytest_glue import hookspecs
from pytest_glue.cli import command_line


@pytest.mark.parametrize(("page", "name"), PARTS, ids=" ".join)
def test_a_generated_part_is_up_to_date(page: str, name: str) -> None:
    """To renew all of them, run `python -m docs.tables`."""
    assert PARTS[page, name]() == part_of((DOCS / page).read_text("utf-8"), name)


def test_a_part_is_replaced() -> None:
    """The rest of the page stays."""
    text = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    assert "a\n<!-- x -->\n1\\1\n<!-- /x -->\nb\n" == with_part(text, "x", "1\\1")
    assert "1\\1" == part_of(with_part(text, "x", "1\\1"), "x")
    with pytest.raises(ValueError, match="not enough values"):
        part_of(text, "y")


def test_each_hook_has_a_section() -> None:
    """With an example that implements it."""
    examples = "\n".join(re.findall(r"```python\n(.*?)```", (DOCS / "hooks.md").read_text("utf-8"), re.DOTALL))
    hooks = {name for name in vars(hookspecs) if name.startswith("pytest_glue_")}
    assert hooks == set(re.findall(r"def (pytest_glue_\w+)", examples))


def test_each_subcommand_says_with_which_code_it_ends() -> None:
    """Scripts rely on it."""
    page = (DOCS / "commands.md").read_text("utf-8")
    sections = {section.partition("\n")[0]: section for section in page.split("\n## ")[1:]}
    assert f"{command_line().prog} merge" in sections
    assert [] == [name for name, section in sections.items() if "Exit code: " not in section]
