"""The options of items that are evaluated only."""

from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSources
from pytest_glue.core.choices import HeadPolicy
from pytest_glue.core.errors import OptionError

TABLE = """
[tool.pytest_glue]
seeds = 3
max_seeds = 9
max_train_samples = 8
head = "new"
stop_when_decided = true
resume = true
report_to = ["tensorboard"]
recipe = { num_train_epochs = 1 }
search = { backend = "optuna" }
"""


def read(pytester: pytest.Pytester, *arguments: str, **marker: Any) -> Options:
    """Return the options of a test with this marker in a run with these arguments."""
    sources = OptionSources.from_pytest_config(pytester.parseconfig(*arguments))
    return sources.options(*([pytest.mark.glue(**marker).mark] if marker else []))


@pytest.mark.parametrize("way", ["flag", "ini", "table", "marker"])
def test_what_files_say_about_a_training_is_left_out(pytester: pytest.Pytester, way: str) -> None:
    """The first seed stays, as the seed of the only run."""
    table = TABLE + "evaluate_only = true\n" if way == "table" else TABLE
    pytester.makepyprojecttoml(table.replace("[tool.pytest_glue]", "[tool.pytest_glue]\n", 1))
    if way == "ini":
        pytester.makeini("[pytest]\nglue_evaluate_only = on\nglue_config = pyproject.toml\n")
    arguments = ["--glue-evaluate-only"] if way == "flag" else []
    options = read(pytester, *arguments, **({"evaluate_only": True} if way == "marker" else {}))
    assert options.evaluate_only
    assert ((42,), None, {}, None) == (options.seeds, options.max_seeds, options.recipe, options.search)
    assert (None, HeadPolicy.KEEP) == (options.max_train_samples, options.head)
    assert (False, False, ()) == (options.stop_when_decided, options.resume, options.report_to)


@pytest.mark.parametrize(
    ("argument", "marker"),
    [
        ("--glue-seeds=2", {"seeds": 2}),
        ("--glue-max-seeds=9", {"max_seeds": 9}),
        ("--glue-recipe=num_train_epochs=1", {"recipe": {"num_train_epochs": 1}}),
        ("--glue-head=new", {"head": "new"}),
        ("--glue-search=optuna", {"search": "optuna"}),
    ],
)
def test_a_training_that_is_asked_for_is_refused(
    pytester: pytest.Pytester, argument: str, marker: dict[str, Any]
) -> None:
    """On the command line also if the table has the option; in a marker only if the marker has both."""
    flag = argument.split("=", maxsplit=1)[0]
    with pytest.raises(OptionError, match=f"--glue-evaluate-only .* {flag} .*leave out one of the two"):
        read(pytester, "--glue-evaluate-only", argument)
    with pytest.raises(OptionError, match=flag):
        read(pytester, evaluate_only=True, **marker)
    assert read(pytester, argument, evaluate_only=True).evaluate_only  # the flag is for the other tests
    pytester.makepyprojecttoml("[tool.pytest_glue]\nevaluate_only = true\n")
    with pytest.raises(OptionError, match=flag):
        read(pytester, argument)


@pytest.mark.parametrize("argument", ["--glue-seeds=7,", "--glue-head=keep", "--glue-search=off"])
def test_options_without_a_training_are_accepted(pytester: pytest.Pytester, argument: str) -> None:
    assert read(pytester, "--glue-evaluate-only", argument).evaluate_only


def test_the_tasks_need_no_training_split() -> None:
    """But one that is evaluated on a part of its training split."""
    assert "train" == Options().known_tasks["rte"].train_split
    assert "" == Options(evaluate_only=True).known_tasks["rte"].train_split
