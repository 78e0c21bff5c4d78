"""The pictures of the documentation, from a real comparison: the tutorial's, on its data with its checkpoint.

    python -m benchmarks.pictures

Writes docs/pictures/. Needs `pip install 'pytest-glue[test,browser]'` and Chromium. It takes about two minutes, and
seconds if the runs are cached.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.checkpoints import cut, whole
from benchmarks.screenshots import ARGUMENTS, WIDTHS

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
TABLE = """
[tool.pytest_glue]
tasks = ["tickets"]
seeds = 3
recipe = { learning_rate = 1e-4 }

[tool.pytest_glue.task.tickets]
data = "tickets.csv"
evaluation_fraction = 0.2
text = "message"
label = "team"
"""
SUITE = "def test_glue(glue_evaluation):\n    glue_evaluation.check()\n"


def compare(folder: Path) -> str:
    """Record a baseline of the encoder, compare its first four layers, and return the terminal's output."""
    (folder / "suites").mkdir()
    (folder / "suites" / "test_glue.py").write_text(SUITE)
    (folder / "pyproject.toml").write_text(TABLE)
    shutil.copy(ROOT / "docs" / "tutorial" / "tickets.csv", folder)
    (folder / "all-MiniLM-L6-v2").symlink_to(whole())
    cut(folder / "small", (0, 1, 2, 3))
    _pytest(folder, "--glue-checkpoints=./all-MiniLM-L6-v2", "--glue-save=main")
    compared = ("--glue-checkpoints=./small", "--glue-compare=main", "--glue-html=report.html")
    return _pytest(folder, *compared, "--color=yes")


def _pytest(folder: Path, *arguments: str) -> str:
    """Run pytest in the folder, with a terminal of 80 columns; cached runs are used."""
    environment = os.environ | {"COLUMNS": "80", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "suites/", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return done.stdout


def write_terminal(output: str, file: Path) -> None:
    """Write what a terminal showed as SVG, without the font that Rich would load from a network."""
    from io import StringIO

    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console
    from rich.text import Text

    plain = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    console = Console(record=True, width=80, file=StringIO())
    console.print(Text.from_ansi(output.strip()))
    console.save_svg(str(file), title="pytest suites/ --glue-compare=main", code_format=plain)


def take_top(page: Path, folder: Path) -> None:
    """Take the top of a page, on a large screen and on a phone."""
    import importlib

    sync_api: Any = importlib.import_module("playwright.sync_api")  # is not among the packages of the tests
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        for name, scheme in (("desktop", "light"), ("phone", "dark")):
            context = browser.new_context(viewport={"width": WIDTHS[name], "height": 800}, color_scheme=scheme)
            shown = context.new_page()
            shown.goto(page.resolve().as_uri())
            shown.screenshot(path=folder / f"{page.stem}-{name}.png")
        browser.close()


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary:
        write_terminal(compare(Path(temporary)), PICTURES / "terminal.svg")
        take_top(Path(temporary) / "report.html", PICTURES)
