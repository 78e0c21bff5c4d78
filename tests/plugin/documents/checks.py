"""Checks of commands that are not run: their programs and flags exist."""

import subprocess
import tomllib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import InvalidRequirement, Requirement

from pytest_glue.cli import command_line
from tests.plugin.documents.commands import Command

ROOT = Path(__file__).parents[3]
Run = Callable[..., pytest.RunResult]


def problem_of(command: Command, run: Run) -> str:
    """Return what is wrong with a command; empty if its flags and values are accepted."""
    program, *arguments = command.words
    if program == "python" and arguments[0] == "-m":
        program, arguments = (arguments[1], arguments[2:])
    if program == "pytest":
        return _pytest_problem(arguments, run)
    if program == "pytest-glue":
        return _subcommand_problem(arguments)
    if program == "pip":
        return _pip_problem(arguments)
    if program.startswith("benchmarks."):
        return _benchmark_problem(program, arguments)
    done = subprocess.run(["bash", "-nc", command.text], capture_output=True, text=True, check=False)
    return done.stderr


def _pytest_problem(arguments: Sequence[str], run: Run) -> str:
    """Collect with these arguments, without folders that only this repository has."""
    known = [each for each in arguments if each.startswith("-") or not (ROOT / each).exists() or Path(each).exists()]
    result = run(*known, "--co", "-q")
    return "" if result.ret == 0 else "\n".join((f"exit code {result.ret}", *result.outlines, *result.errlines))


def _subcommand_problem(arguments: Sequence[str]) -> str:
    try:
        command_line().parse_args(arguments)
    except SystemExit as error:
        return f"pytest-glue ends with {error.code}" if error.code else ""
    return ""


def _pip_problem(arguments: Sequence[str]) -> str:
    """Return the extra that this package lacks."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for argument in arguments:
        try:
            wanted = Requirement(argument.replace("./pytest_glue-0.1.0-py3-none-any.whl", "pytest-glue"))
        except InvalidRequirement:
            continue
        if wanted.name == "pytest-glue" and (unknown := wanted.extras - extras.keys()):
            return f"there is no extra {', '.join(unknown)}"
    return ""


def _benchmark_problem(module: str, arguments: Sequence[str]) -> str:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return f"there is no module {module}"
    source = Path(spec.origin).read_text("utf-8")
    flags = [each.partition("=")[0] for each in arguments if each.startswith("--") and each != "--"]
    return next((f"{module} has no flag {flag}" for flag in flags if f'"{flag}"' not in source), "")
