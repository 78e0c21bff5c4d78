"""Pictures of a page as readers see it: a large screen and a phone, light and dark, and printed.

    python benchmarks/screenshots.py report.html pictures/

Needs `pip install 'pytest-glue[browser]'` and Chromium.
"""

import argparse
import shutil
from itertools import product
from pathlib import Path
from typing import Any

ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WIDTHS = {"desktop": 1280, "phone": 390}


def take(page: Path, folder: Path) -> list[Path]:
    """Take all pictures of a page, and return their files."""
    import importlib

    sync_api: Any = importlib.import_module("playwright.sync_api")  # is not among the packages of the tests
    folder.mkdir(parents=True, exist_ok=True)
    pictures = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        for (name, width), scheme in product(WIDTHS.items(), ("light", "dark")):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
            shown = context.new_page()
            shown.goto(page.resolve().as_uri())
            pictures.append(folder / f"{page.stem}-{name}-{scheme}.png")
            shown.screenshot(path=pictures[-1], full_page=True)
        pictures.append(folder / f"{page.stem}.pdf")
        shown.pdf(path=pictures[-1])
        browser.close()
    return pictures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("page", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    for picture in take(given.page, given.folder):
        print(picture)
