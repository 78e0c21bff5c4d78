"""Sources of options: defaults, table, ini file, markers and command line, and how they combine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_glue.config.evaluate_only import evaluated_only
from pytest_glue.config.options import OPTIONS, Options
from pytest_glue.config.parse_context import ParseContext
from pytest_glue.config.table import NAME, read_table, table_lines
from pytest_glue.config.values import comma_hint
from pytest_glue.core.choices import MissingBaselinePolicy
from pytest_glue.core.errors import GlueError, OptionError, closest
from pytest_glue.core.tasks import Task, TaskRegistry

if TYPE_CHECKING:
    from typing import Self

    import pytest

_OF_THE_TEST_RUN = frozenset(
    {
        *("alpha", "executor", "family_size", "history", "html", "json", "json_predictions", "junit_properties"),
        *("markdown", "report_text", "shard", "submission", "task"),
    }
)
"""Options that no marker can set for one test."""


@dataclass(frozen=True, slots=True)
class OptionSource:
    """The values that one source gives, before they are parsed."""

    origin: str
    """How a message names an option of this source: a template with {name} (a_b) or {option} (a-b)."""
    values: Mapping[str, Any]
    base: Path
    """The folder that relative paths start from."""


@dataclass(frozen=True, slots=True)
class OptionSources:
    """The sources of a test run, weakest first. A test's markers come between ini file and command line."""

    default: OptionSource
    table: OptionSource
    ini: OptionSource
    command_line: OptionSource
    table_lines: tuple[str, ...] = ()
    """Which table is read, for the header of the test run."""

    @classmethod
    def from_pytest_config(cls, config: pytest.Config) -> Self:
        """Read all sources but the markers.

        Raises:
            OptionError: the file with the table is missing or is not TOML.
        """
        from pytest_glue.config import flags

        defaults = {name: option.default for name, option in OPTIONS.items() if option.default is not None}
        defaults["task"] = _registered(config)
        file, is_named = _table_file(config)
        table = read_table(file, required=is_named)
        return cls(
            OptionSource("default {name}", defaults, config.rootpath),
            OptionSource(f"[{NAME}] {{name}} in {file.name}", table, file.parent),
            OptionSource("glue_{name}", flags.given_in_ini(config), config.rootpath),
            OptionSource("--glue-{option}", flags.given(config), Path.cwd()),
            tuple(table_lines(file, is_read=bool(table), start=file.parent if is_named else Path.cwd())),
        )

    def options(self, *marks: pytest.Mark) -> Options:
        """Return the options of a test.

        The command line beats markers, but does not replace their tasks and checkpoints: it selects among them.

        Args:
            marks: the test's `glue` markers, the closest first.

        Raises:
            OptionError: an option does not exist, or its value is not accepted.
        """
        markers = [
            OptionSource("@pytest.mark.glue({name}=...)", _keywords(mark), self.table.base) for mark in reversed(marks)
        ]
        files = [self.default, self.table, self.ini]
        options = self._with_baseline(combine([*files, *markers, self.command_line]))
        if options.evaluate_only:
            options = evaluated_only(options, self._given_with_evaluate_only(markers))
        marked = {name for marker in markers for name in marker.values} & {"tasks", "checkpoints"}
        if not marked:
            return options
        own = combine([*files, *markers])
        selected: dict[str, Any] = {
            name: tuple(each for each in getattr(own, name) if each in getattr(options, name)) for name in marked
        }
        return options.replace(**selected)

    def _given_with_evaluate_only(self, markers: Iterable[OptionSource]) -> set[str]:
        """Return the names of the options of those markers that ask to evaluate only, else of the command line."""
        asking = [marker for marker in markers if "evaluate_only" in marker.values]
        return {name for source in asking or [self.command_line] for name in source.values}

    def _with_baseline(self, options: Options) -> Options:
        """Return the options without `certify` if no baseline is compared or saved.

        Raises:
            OptionError: the command line asks for a certificate.
        """
        if not options.certify or options.compare is not None or options.save is not None:
            return options
        if "certify" in self.command_line.values:
            raise OptionError(
                "--glue-certify compares predictions with those of a baseline: give --glue-compare=NAME, or "
                "--glue-save=NAME to record one"
            )
        return options.replace(certify=False)


def combine(sources: Iterable[OptionSource]) -> Options:
    """Return the options of several sources, weakest first. Recipes, thresholds and other tables merge key by key.

    Raises:
        OptionError: an option does not exist, its value is not accepted, or two options exclude each other.
    """
    options = Options()
    given = [(source, *item) for source in sources for item in _without_search_table(source.values).items()]
    # First the own tasks, which values of all sources can name.
    for source, name, value in sorted(given, key=lambda each: each[1] != "task"):
        parsed = _parsed(source, name, value, options.task)
        if isinstance(parsed, Mapping):
            parsed = {**getattr(options, name), **parsed}
        options = options.replace(**{name: parsed})
    _check_exclusive(options)
    return options


def _parsed(source: OptionSource, name: str, value: Any, own_tasks: Mapping[str, Task]) -> Any:
    origin = source.origin.format(name=name, option=name.replace("_", "-"))
    if name not in OPTIONS:
        raise OptionError(f"{origin}: unknown option; {closest(name, OPTIONS)}")
    try:
        return OPTIONS[name].parse(value, ParseContext(source.base, own_tasks))
    except GlueError as error:
        hint = "" if name == "seeds" else comma_hint(value)
        raise OptionError(f"{origin}: {error}{hint}") from None


def _registered(config: pytest.Config) -> Mapping[str, Task]:
    """Return the tasks that plugins and the first `conftest.py` files register.

    Raises:
        OptionError: two have the same name, one is named like a task of GLUE, or a task cannot work.
    """
    registry = TaskRegistry()
    config.hook.pytest_glue_register_tasks(registry=registry)
    if registry.tasks:
        from pytest_glue.config.own_tasks import check_task

        for name, task in registry.tasks.items():
            try:
                check_task(task, config.rootpath)
            except GlueError as error:
                raise OptionError(f"pytest_glue_register_tasks adds the task {name!r}: {error}") from None
    return registry.tasks


def _without_search_table(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the values with the table `search` split into the options `search` (its key `backend`) and `space`."""
    table = values.get("search")
    if not isinstance(table, Mapping):
        return values
    space = {name: value for name, value in table.items() if name != "backend"}
    backend = {"search": table["backend"]} if "backend" in table else {}
    return {name: value for name, value in values.items() if name != "search"} | {"space": space} | backend


def _check_exclusive(options: Options) -> None:
    baselines = {"save": options.save, "compare": options.compare}
    given = [f"--glue-{name}={value}" for name, value in baselines.items() if value is not None]
    if options.stop_when_decided and given:
        raise OptionError(
            f"--glue-stop-when-decided leaves lower bounds, and {given[0]} needs scores: leave out one of the two"
        )
    if options.submission is not None and options.shard is not None:
        raise OptionError(
            "--glue-submission needs the predictions of all tasks, and --glue-shard runs a part of them; the reports "
            "that `pytest-glue merge` joins hold no predictions: leave out one of the two"
        )
    is_file = options.compare is not None and options.compare.endswith(".json")
    if is_file and options.on_missing_baseline is MissingBaselinePolicy.SAVE:
        raise OptionError(
            f"--glue-on-missing-baseline=save records under a name, and --glue-compare={options.compare} is a file: "
            "give --glue-compare=NAME"
        )


def _keywords(mark: pytest.Mark) -> Mapping[str, Any]:
    if mark.args:
        raise OptionError(
            "@pytest.mark.glue takes keywords only, as in @pytest.mark.glue(tasks=['rte'], threshold={'rte': 0.6})"
        )
    if wrong := [name for name in mark.kwargs if name in _OF_THE_TEST_RUN]:
        accepted = ", ".join(name for name in OPTIONS if name not in _OF_THE_TEST_RUN)
        is_flag = OPTIONS[wrong[0]].metavar is not None
        remedy = f"give --glue-{wrong[0].replace('_', '-')}" if is_flag else f"set it in [{NAME}]"
        names = wrong[0] == "task" and not isinstance(mark.kwargs["task"], Mapping)
        meant = ", or did you mean tasks?" if names else ""
        raise OptionError(
            f"@pytest.mark.glue({wrong[0]}=...): {wrong[0]} concerns the whole test run, not one test: "
            f"{remedy}{meant}; a marker accepts {accepted}"
        )
    return mark.kwargs


def _table_file(config: pytest.Config) -> tuple[Path, bool]:
    """Return the file with the table, and whether the user named it."""
    from pytest_glue.config import flags

    flag, ini = config.getoption(flags.CONFIG), flags.ini_value(config, flags.CONFIG)
    origin = f"--glue-config={flag}" if flag else f"{flags.CONFIG} = {ini}"
    try:
        file = flags.table_file(config)
        if (flag or ini) and not file.is_file():
            raise OptionError(f"this {'is a folder: name a file' if file.is_dir() else 'file does not exist'}")
    except GlueError as error:
        raise OptionError(f"{origin}: {error}") from None
    return file, bool(flag or ini)
