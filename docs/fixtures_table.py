"""The tables of fixtures and hooks, from their signatures and docstrings."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from pytest_glue import fixtures, hookspecs


def fixtures_table() -> str:
    """Return a Markdown table with a row for each public fixture."""
    rows = []
    for name, fixture in vars(fixtures).items():
        if name.startswith("glue_"):
            function = inspect.unwrap(fixture._get_wrapped_function())
            text = " ".join((inspect.getdoc(function) or "").split())
            rows.append(f"| `{name}` | `{_value_type(function)}` | {text} |")
    return "\n".join(["| fixture | type | value |", "|---|---|---|", *rows])


def _value_type(function: Callable[..., Any]) -> str:
    """Return the type of a fixture's value; a fixture that yields is annotated as an iterator."""
    return re.sub(r"^Iterator\[(.*)\]$", r"\1", str(function.__annotations__["return"]))


def hooks_table() -> str:
    """Return a Markdown table with a row for each hook: what it does, when it is called, and what it returns."""
    rows = []
    for name, function in vars(hookspecs).items():
        if name.startswith("pytest_glue_"):
            arguments = ", ".join(inspect.signature(function).parameters)
            does, called, returns = _hook_texts(inspect.getdoc(function) or "")
            rows.append(f"| `{name}({arguments})` | {does} | {called} | {returns} |")
    return "\n".join(["| hook | what it does | called | returns |", "|---|---|---|---|", *rows])


def _hook_texts(docstring: str) -> tuple[str, str, str]:
    """Return the summary, the sentence that says when the hook is called, and what it returns."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in docstring.split("\n\n")]
    called = next(paragraph for paragraph in paragraphs if paragraph.startswith("Called "))
    returns = next((paragraph for paragraph in paragraphs if paragraph.startswith("Returns: ")), "Returns: nothing")
    return paragraphs[0], _sentence(called.removeprefix("Called ")), _sentence(returns.removeprefix("Returns: "))


def _sentence(text: str) -> str:
    """Return the first sentence of a paragraph, without its full stop."""
    return re.split(r"(?<=[a-z`)])\. ", text, maxsplit=1)[0].removesuffix(".")
