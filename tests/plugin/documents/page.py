"""A page whose blocks run one after another, as a reader runs them."""

import json
import re
import runpy
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from sybil import Document, Example, Region
from sybil.example import SybilFailure
from sybil.parsers.markdown.codeblock import CodeBlockParser
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer

from pytest_glue.cli import main
from tests.plugin.documents.checks import ROOT, problem_of
from tests.plugin.documents.commands import Command, commands, shows
from tests.plugin.documents.folder import TICKETS

Run = Callable[..., pytest.RunResult]
_RED = {"fail", "degenerate"}
_REPORT = "checked.json"


class Page:
    """The blocks of a page, run in a folder of its own.

    Two comments before a block say what is special about it: `<!-- not run: REASON -->`, whose commands are parsed
    only, and `<!-- file: PATH -->`, which is written to that file and stays there.
    """

    def __init__(self, path: Path, folder: Path, run: Run) -> None:
        self._path, self._folder, self._run = path, folder, run
        self._not_run = self._file = ""

    def check(self) -> list[str]:
        """Run all blocks, and return a problem for each that does not work."""
        blocks = {"console": self._console, "python": self._python, "toml": self._toml, "yaml": self._yaml}
        parsers = [CodeBlockParser(language, self._once(block)) for language, block in blocks.items()]
        problems = []
        for example in Document.parse(str(self._path), *parsers, self._comments):
            try:
                example.evaluate()
            except SybilFailure as error:  # names page and line
                problems.append(str(error))
            except Exception as error:  # noqa: BLE001 - of the page's own code
                problems.append(f"{example.path}, line {example.line}, column {example.column}: {error!r}")
        return problems

    def _comments(self, document: Document) -> Iterable[Region]:
        for directive in ("not run", "file"):
            for region in DirectiveInHTMLCommentLexer(directive)(document):
                yield Region(region.start, region.end, region.lexemes["arguments"], self._remember(directive))

    def _remember(self, directive: str) -> Callable[[Example], None]:
        def remember(example: Example) -> None:
            if directive == "file":
                self._file = example.parsed
            else:
                self._not_run = example.parsed

        return remember

    def _once(self, block: Callable[[str], str]) -> Callable[[Example], str]:
        """Return the evaluator of a block, after which the comments before it no longer hold."""

        def evaluate(example: Example) -> str:
            try:
                if self._file:
                    (self._folder / self._file).parent.mkdir(parents=True, exist_ok=True)
                    (self._folder / self._file).write_text(example.parsed)
                return block(example.parsed)
            finally:
                self._not_run = self._file = ""

        return evaluate

    def _console(self, text: str) -> str:
        check = self._parsed if self._not_run else self._ran
        problems = ((command, check(command)) for command in commands(text))
        return "\n".join(f"{command.text}\n{problem}" for command, problem in problems if problem)

    def _parsed(self, command: Command) -> str:
        return problem_of(command, self._run)

    def _ran(self, command: Command) -> str:
        program, *arguments = command.words
        output, problem = StringIO(), ""
        if program == "pytest":
            result = self._run(*arguments, *([] if "--glue-json" in command.text else [f"--glue-json={_REPORT}"]))
            output.write("\n".join([*result.outlines, *result.errlines]))
            problem = self._pytest_problem(result, arguments)
        elif program == "pytest-glue":
            code = _subcommand(arguments, output)
            problem = f"exit code {code}" if code else ""
        elif program == "python":
            runpy.run_path(str(self._folder / arguments[0]), run_name="__main__")
        else:
            done = subprocess.run(
                ["bash", "-c", command.text], cwd=self._folder, capture_output=True, text=True, check=False
            )
            output.write(done.stdout)
            problem = done.stderr if done.returncode else ""
        lines = output.getvalue().splitlines()
        if not problem and (missing := shows(command.output, lines)):
            problem = f"this line of the page is not printed: {missing}"
        return "\n".join((problem, "output:", *lines)) if problem else ""

    def _pytest_problem(self, result: pytest.RunResult, arguments: list[str]) -> str:
        """Return what went wrong, other than red verdicts and asserts of the page's own tests."""
        if result.ret not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            return f"exit code {result.ret}"
        if "--co" in arguments:
            return ""
        names = re.findall(r"--glue-json[= ](\S+)", shlex.join(arguments)) or [_REPORT]
        report: dict[str, Any] = json.loads((self._folder / names[0]).read_text("utf-8"))
        red = sum(each["verdict"] in _RED for each in report["results"])
        red += sum(bool(re.match(r"E +assert ", line)) for line in result.outlines)
        if report["errors"] or result.parseoutcomes().get("failed", 0) != red:
            return f"{red} failures are expected, outcomes {result.parseoutcomes()}, errors {report['errors']}"
        return ""

    def _python(self, text: str) -> str:
        """Run tests with pytest, fixtures and hooks as a `conftest.py`, and other code as it is."""
        compile(text, str(self._path), "exec")
        if self._not_run or self._file:
            return ""
        if "def test_" in text:
            return self._with_file("test_block.py", text, "pytest test_block.py")
        if "def pytest_" in text or "@pytest.fixture" in text:
            return self._with_file("conftest.py", text, "pytest suites/")
        exec(text, {})  # noqa: S102
        return ""

    def _with_file(self, name: str, text: str, command: str) -> str:
        file = self._folder / name
        file.write_text(text)
        try:
            return self._ran(Command(command))
        finally:
            file.unlink()

    def _toml(self, text: str) -> str:
        """Let the plugin read a table; it parses every value of it. What is said about the task `tickets` needs it."""
        if "tool.pytest_glue" not in text:
            tomllib.loads(text)
            return ""
        (self._folder / "block.toml").write_text(text)
        needed = [] if "checkpoints =" in text else ["--glue-checkpoints=sample"]
        if "tickets" in text and "task.tickets" not in text:
            (self._folder / "block.toml").write_text(f"{text}\n{TICKETS}")
        result = self._run("suites/", "--co", "-q", "--glue-config=block.toml", *needed)
        return "" if result.ret == pytest.ExitCode.OK else "\n".join([*result.outlines, *result.errlines])

    def _yaml(self, text: str) -> str:
        """Parse the commands of a CI file, with 1 in place of its expressions."""
        document = yaml.safe_load(text)
        if not isinstance(document, dict):
            return "no mapping"
        jobs = list(document.get("jobs", document).values())
        steps = [step for job in jobs for step in job.get("steps", job.get("script", ()))]
        if not steps:
            return "no job with steps or script"
        texts = [step.get("run", "") if isinstance(step, dict) else step for step in steps]
        lines = [line for each in texts for line in re.sub(r"\$\{\{.*?\}\}", "1", each).splitlines()]
        return "\n".join(filter(None, (problem_of(Command(line), self._run) for line in lines)))


def _subcommand(arguments: list[str], output: StringIO) -> object:
    """Run `pytest-glue` and return its exit code."""
    with redirect_stdout(output), redirect_stderr(output):
        try:
            return main(arguments)
        except SystemExit as error:
            return error.code


def pages() -> list[Path]:
    """Return the README and all pages of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
