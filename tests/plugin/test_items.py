"""Ids, order and selection of items."""

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

SAMPLE = ("--glue-data=sample", "--glue-checkpoints=sample")
MARKED_SUITE = """
import pytest

@pytest.mark.slow
def test_all(glue_evaluation):
    glue_evaluation.check()

def test_glue(glue_evaluation):
    glue_evaluation.check()
"""


def collected(result: pytest.RunResult) -> list[str]:
    """Return the names of the items that `--co -q` lists."""
    return [line.partition("::")[2] for line in result.outlines if "::" in line]


@pytest.mark.parametrize("names", ["rte,cola,mnli-mm", "mnli-mm,cola,rte"])
@pytest.mark.parametrize("checkpoints", ["./b,me/model@v1.0,sample,./a", "sample,./a,./b,me/model@v1.0"])
def test_ids_are_sorted_by_task_then_checkpoint(here: Run, names: str, checkpoints: str) -> None:
    """Items are sorted by task, then checkpoint, whatever the order of the flags; their ids are safe in a shell."""
    result = here("--co", "-q", f"--glue-tasks={names}", f"--glue-checkpoints={checkpoints}")

    expected = [
        f"test_glue[{task}-{checkpoint}]"
        for task in ("cola", "mnli-mm", "rte")
        for checkpoint in ("a", "b", "me-model-v1.0", "sample")
    ]
    assert expected == collected(result)


def test_all_tasks_are_the_default(here: Run) -> None:
    """Without `--glue-tasks` there is an item for each of GLUE's ten tasks."""
    tasks = ["cola", "mnli", "mnli-mm", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli"]

    assert [f"test_glue[{task}-sample]" for task in tasks] == collected(here("--co", "-q", *SAMPLE))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-k", "rte"], ["test_all[rte-sample]", "test_glue[rte-sample]"]),
        (["-k", "rte and glue"], ["test_glue[rte-sample]"]),
        (["-m", "slow"], ["test_all[cola-sample]", "test_all[rte-sample]"]),
        (["-m", "not slow"], ["test_glue[cola-sample]", "test_glue[rte-sample]"]),
        (["--deselect", "test_suite.py::test_all"], ["test_glue[cola-sample]", "test_glue[rte-sample]"]),
        (["test_suite.py::test_glue[rte-sample]"], ["test_glue[rte-sample]"]),
    ],
)
def test_selection(pytester: pytest.Pytester, here: Run, arguments: list[str], expected: list[str]) -> None:
    """`-k`, `-m`, `--deselect` and a node id select items as they select other tests."""
    pytester.makepyfile(test_suite=MARKED_SUITE)
    pytester.makeini("[pytest]\nmarkers = slow: takes long\n")

    assert expected == collected(here("--co", "-q", "--glue-tasks=cola,rte", *SAMPLE, *arguments))


def test_first_failure_and_last_failed(tiny: Run) -> None:
    """`-x` ends the test run at the first red item, and `--lf` runs only that item."""
    suite = ("--glue-tasks=stsb,wnli", "--glue-threshold=stsb=1")

    for flag in ("-x", "--lf"):
        result = tiny(*suite, flag)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["FAILED test_suite.py::test_glue[[]stsb-sample] *"])


def test_strict_configuration(pytester: pytest.Pytester, here: Run) -> None:
    """Marker and ini keys are registered, so `--strict-markers` and `--strict-config` accept them."""
    pytester.makeini("[pytest]\naddopts = --strict-markers --strict-config\nglue_tasks = rte\nglue_config = own.toml\n")
    (pytester.path / "own.toml").write_text("[tool.pytest_glue]\ncheckpoints = ['sample']\n", "utf-8")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.glue(threshold={"rte": 0.5})
        def test_glue(glue_evaluation):
            glue_evaluation.check()
        """
    )

    result = here("--co", "-q")

    assert ["test_glue[rte-sample]"] == collected(result)
    assert pytest.ExitCode.OK == result.ret


def test_markers_are_explained(here: Run) -> None:
    """`--markers` lists the marker with its keywords."""
    here("--markers").stdout.fnmatch_lines(["@pytest.mark.glue(tasks, checkpoints, threshold, ...): *"])


def test_the_plugin_can_be_switched_off(pytester: pytest.Pytester, here: Run) -> None:
    """With `-p no:glue` other tests run as usual, and the plugin's fixtures do not exist."""
    pytester.makepyfile("def test_plain(): pass\ndef test_glue(glue_task): pass")

    result = here("-p", "no:glue")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*fixture 'glue_task' not found"])


def test_a_fixture_parametrizes_only_what_it_needs(pytester: pytest.Pytester, here: Run) -> None:
    """A test of `glue_task` runs once for each task, and a test of `glue_checkpoint` once for each checkpoint."""
    pytester.makepyfile("def test_task(glue_task): pass\ndef test_checkpoint(glue_checkpoint): pass")

    assert ["test_task[cola]", "test_task[rte]"] == collected(
        here("--co", "-q", "--glue-tasks=cola,rte", "-k", "test_task", "--glue-checkpoints=sample")
    )
    assert ["test_checkpoint[sample]"] == collected(here("--co", "-q", "-k", "test_checkpoint", *SAMPLE))
