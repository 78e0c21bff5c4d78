"""Flags and ini keys of the options."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pytest

from pytest_glue.config.declaration import Affects, Option
from pytest_glue.config.options import OPTIONS

START_ERROR = pytest.StashKey[str]()
"""Why the session could not start when the first glue test was collected."""
CONFIG = "glue_config"
CONFIG_DESCRIPTION = "file with the table [tool.pytest_glue] (default: pyproject.toml)"
FLAGS = {name: option for name, option in OPTIONS.items() if option.metavar is not None}
"""The options that have a flag."""


def flag_of(name: str) -> str:
    """Return the flag of an option: `--glue-max-length` for `max_length`."""
    return f"--glue-{name.replace('_', '-')}"


def help_text(option: Option) -> str:
    """Return the description of an option with its default."""
    return f"{option.description} (default: {option.default})" if option.default else option.description


def brief_text(option: Option) -> str:
    """Return the first clause of the description, with the default, for `--help`; the reference has the others."""
    brief = option.description.partition(";")[0]
    if option.repeatable:
        return f"{brief} (can be repeated)"
    return f"{brief} (default: {option.default})" if option.default and option.metavar else brief


def section_of(name: str) -> str:
    """Return the section of `--help` that an option stands in, a key of `SECTIONS`."""
    return _PLACES.get(name) or _SECTION_OF[OPTIONS[name].affects]


SECTIONS = {
    "glue": "pytest-glue: tasks, checkpoints and training (all in detail: docs/reference.md)",
    "glue-verdicts": "pytest-glue: verdicts and baselines",
    "glue-search": "pytest-glue: hyperparameter search",
    "glue-machines": "pytest-glue: cache, time and machines",
    "glue-reports": "pytest-glue: reports",
}
"""The sections of `--help`."""
_SECTION_OF: Mapping[Affects, str] = {
    "item": "glue",
    "run": "glue",
    "verdict": "glue-verdicts",
    "search": "glue-search",
    "machine": "glue-machines",
    "report": "glue-reports",
    "output": "glue-reports",
}
"""By what an option affects."""
_PLACES = {"baseline_max_age": "glue-verdicts", "storage": "glue-verdicts", "search_storage": "glue-search"}
"""Options that a reader looks for beside others than those that affect the same."""


def add_flags(parser: pytest.Parser) -> None:
    """Register the flag and the ini key of every option."""
    groups = {name: parser.getgroup(name, title) for name, title in SECTIONS.items()}
    for name, option in FLAGS.items():
        group = groups[section_of(name)]
        flag, kwargs = flag_of(name), {"dest": f"glue_{name}", "help": brief_text(option)}
        kind: Literal["linelist", "string"] = "linelist" if option.repeatable else "string"
        if option.repeatable:
            group.addoption(flag, metavar=option.metavar, action="append", **kwargs)
        elif option.metavar:
            group.addoption(flag, metavar=option.metavar, **kwargs)
        else:
            group.addoption(flag, action="store_const", const="on", **kwargs)
        parser.addini(f"glue_{name}", f"same as {flag}", type=kind, default=None)
    groups["glue"].addoption("--glue-config", dest=CONFIG, metavar="FILE", help=CONFIG_DESCRIPTION)
    parser.addini(CONFIG, "same as --glue-config", default=None)


def given(config: pytest.Config) -> dict[str, Any]:
    """Return the values of the flags on the command line, by name."""
    values = {name: getattr(config.option, f"glue_{name}", None) for name in FLAGS}
    return {name: value for name, value in values.items() if value is not None}


def given_in_ini(config: pytest.Config) -> dict[str, Any]:
    """Return the values of the ini keys, by name; an empty value is none."""
    values = {name: ini_value(config, f"glue_{name}") for name in FLAGS}
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def ini_value(config: pytest.Config, key: str) -> Any:
    """Return the value of an ini key; None if it is unset.

    In pytest's native TOML tables a value has a type, and pytest refuses every type but that of the key. An option
    takes several, so such a value is read here.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pytest.PytestDeprecationWarning)  # of a list where pytest expects a text
        try:
            return config.getini(key)
        except (TypeError, ValueError, pytest.UsageError):
            return _native_value(config, key)


def _native_value(config: pytest.Config, key: str) -> Any:
    import tomllib

    assert config.inipath is not None
    document = tomllib.loads(config.inipath.read_text("utf-8"))
    table = document.get("pytest") or document["tool"]["pytest"]
    return table.get("ini_options", table)[key]


def asked(config: pytest.Config) -> bool:
    """Return whether a flag, an ini key or the table sets an option; nothing is parsed for it."""
    if given(config) or given_in_ini(config):
        return True
    from pytest_glue.core.errors import GlueError

    try:
        file = table_file(config)
        return file.is_file() and b"pytest_glue" in file.read_bytes()
    except OSError:
        return False
    except GlueError:
        return True


def table_file(config: pytest.Config) -> Path:
    """Return the file with the table; a relative path starts from the current folder if a flag names it.

    Raises:
        OptionError: the user named a file that cannot exist, such as one of an unknown user.
    """
    flag, ini = config.getoption(CONFIG), ini_value(config, CONFIG)
    if not flag and not ini:
        return config.rootpath / "pyproject.toml"
    from pytest_glue.config.parse_context import ParseContext
    from pytest_glue.config.values import path

    return path(flag or ini, ParseContext(Path.cwd() if flag else config.rootpath))
