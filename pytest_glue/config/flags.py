"""Flags and ini keys of the options."""

from pathlib import Path
from typing import Any, Literal

import pytest

from pytest_glue.config.declaration import Option
from pytest_glue.config.options import OPTIONS

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


def add_flags(parser: pytest.Parser) -> None:
    """Register the flag and the ini key of every option."""
    group = parser.getgroup("glue", "fine-tuned checkpoints (pytest-glue)")
    for name, option in FLAGS.items():
        flag, kwargs = flag_of(name), {"dest": f"glue_{name}", "help": help_text(option)}
        kind: Literal["linelist", "string"] = "linelist" if option.repeatable else "string"
        if option.repeatable:
            group.addoption(flag, metavar=option.metavar, action="append", **kwargs)
        elif option.metavar:
            group.addoption(flag, metavar=option.metavar, **kwargs)
        else:
            group.addoption(flag, action="store_const", const="on", **kwargs)
        parser.addini(f"glue_{name}", f"same as {flag}", type=kind, default=None)
    group.addoption("--glue-config", dest=CONFIG, metavar="FILE", help=CONFIG_DESCRIPTION)
    parser.addini(CONFIG, "same as --glue-config", default=None)


def given(config: pytest.Config) -> dict[str, Any]:
    """Return the values of the flags on the command line, by name."""
    values = {name: getattr(config.option, f"glue_{name}", None) for name in FLAGS}
    return {name: value for name, value in values.items() if value is not None}


def asked(config: pytest.Config) -> bool:
    """Return whether a flag, an ini key or the table sets an option; nothing is parsed for it."""
    if given(config) or any(config.getini(f"glue_{name}") for name in FLAGS):
        return True
    file = table_file(config)
    return file.is_file() and b"pytest_glue" in file.read_bytes()


def table_file(config: pytest.Config) -> Path:
    """Return the file with the table; a relative path starts from the current folder if a flag names it."""
    flag, ini = config.getoption(CONFIG), config.getini(CONFIG)
    return Path.cwd() / flag if flag else config.rootpath / (ini or "pyproject.toml")
