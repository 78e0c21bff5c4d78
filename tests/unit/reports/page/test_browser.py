"""The page in Chromium: no request but for itself, no error, nothing beyond the width of a phone, and accessible."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.core.study import Study
from pytest_glue.reports.example_texts import ExampleTexts, ItemTexts
from pytest_glue.reports.page.page import page
from pytest_glue.reports.view import view_of
from tests.factories import make_evaluation
from tests.unit.reports.page.test_page import compared

sync_api: Any = pytest.importorskip("playwright.sync_api")
axe_api: Any = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def file(report_of: Callable[..., dict[str, Any]], study: Study, tmp_path: Path) -> Path:
    """A page with every part: errors, a comparison, texts, a search, and two checkpoints."""
    first = compared()
    other = replace(first.checkpoint, name="organisation/a-checkpoint-with-a-long-name")
    conditions = replace(make_evaluation(study=study).conditions, checkpoint=other)
    second = replace(compared(1, conditions=conditions), notes=("x" * 300,))
    report = report_of(first, second, errors={"s.py::test[cola-x]": "no memory\n" + "y" * 500})
    texts = {first.nodeid: ItemTexts(ExampleTexts(dict.fromkeys(range(200), ("z" * 400, "a hypothesis"))))}
    path = tmp_path / "report.html"
    path.write_text(page(view_of(report), texts), "utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 360])
def test_the_page_in_a_browser(browser: Any, file: Path, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    try:
        shown = context.new_page()
        messages: list[str] = []
        requests: list[str] = []
        shown.on("console", lambda message: messages.append(message.text))
        shown.on("pageerror", lambda error: messages.append(str(error)))
        shown.on("request", lambda request: requests.append(request.url))
        shown.goto(file.as_uri())
        shown.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert [] == messages
        assert [file.as_uri()] == [url for url in requests if not url.startswith("data:")]
        if width != 360:
            assert 0 == (found := axe_api.Axe().run(shown)).violations_count, found.generate_report()
    finally:
        context.close()
