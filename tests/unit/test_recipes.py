"""The pages about recipes show the example suites as they are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "suites" / "examples"
PAGES = sorted((ROOT / "docs" / "recipes").glob("*.md"))


def test_each_example_has_a_page() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {page.stem.replace("-", "_") for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page(page: Path) -> None:
    """The page names the file of its suite and has its code; it is short."""
    text = page.read_text("utf-8")
    (name,) = re.findall(r"`(suites/\S+\.py)`:", text)
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert (ROOT / name).read_text("utf-8") == code
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.py")), ids=lambda path: path.stem)
def test_the_docstring_of_a_suite_has_its_command(path: Path) -> None:
    """It names the file itself, which no test run collects unless it is named."""
    if path.name == "conftest.py":
        return
    text = path.read_text("utf-8")
    assert re.search(rf"^pytest {path.relative_to(ROOT).as_posix()} ", text, re.MULTILINE)
    assert not path.name.startswith("test_")


def test_the_gate_collects_no_example() -> None:
    """The README's command for a fresh clone has one item for each task."""
    command = [sys.executable, "-m", "pytest", "suites/", "--glue-tasks=cola,rte", "--co", "-q", "-pno:cacheprovider"]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert ["cola", "rte"] == re.findall(r"test_glue\[(\w+)-sample\]", "\n".join(lines))
    assert 2 == sum("::" in line for line in lines)
