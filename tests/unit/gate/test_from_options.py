"""The gate: options as criteria, and evaluations as baselines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Verdict
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.from_options import baseline_file, criteria_of, interim_analyses_of, record, unused_baselines

RunSource = Callable[..., list[Run]]
RTE = GLUE["rte"]
SAMPLE = Checkpoint("sample", Origin.SAMPLE)


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., Options]:
    """Make options with a storage of this test's own."""

    def make(**values: Any) -> Options:
        layer = OptionSource(
            "{name}", {"storage": "records", "checkpoints": "sample", "tasks": "rte", **values}, tmp_path
        )
        return combine([layer])

    return make


@pytest.fixture
def main(
    tmp_path: Path, runs: RunSource, baseline: Callable[..., Baseline], rte: tuple[float, ...]
) -> tuple[Path, Baseline]:
    """A baseline `main` of the sample on RTE, and its file."""
    file, recorded = tmp_path / "records/main/rte/sample.json", baseline(runs("rte", rte, 78, 80, 82))
    baseline_storage.write(file, recorded)
    return file, recorded


def test_without_a_baseline_there_is_no_rule(options: Callable[..., Options]) -> None:
    """Only thresholds of the item's own task are its criteria where nothing is compared."""
    asked = options(threshold="rte=0.6,mrpc:f1=0.8")
    assert baseline_file(asked, RTE, SAMPLE) is None
    criteria = criteria_of(asked, RTE, SAMPLE, "sample", 1)
    assert ({"accuracy": 0.6}, None, "sample") == (criteria.thresholds, criteria.rule, criteria.checkpoint)


def test_a_baseline_is_a_rule(options: Callable[..., Options], main: tuple[Path, Baseline]) -> None:
    """The rule has the baseline, the task's allowed drop, the error rate and the number of items."""
    file, recorded = main
    rule = criteria_of(options(compare="main", max_drop="0.01,rte=0.03", alpha=0.1), RTE, SAMPLE, "sample", 7).rule
    assert rule is not None
    assert ("main", str(file), recorded, 0.03, 0.1, 7) == (
        rule.name,
        rule.file,
        rule.baseline,
        rule.max_drop,
        rule.alpha,
        rule.family_size,
    )


def test_a_file_is_a_rule(options: Callable[..., Options], main: tuple[Path, Baseline]) -> None:
    """A baseline that is named by its file goes by the file's name, with the drop that holds for every task."""
    rule = criteria_of(options(compare=str(main[0]), max_drop="0.01"), RTE, SAMPLE, "sample", 1).rule
    assert rule is not None
    assert ("sample", 0.01) == (rule.name, rule.max_drop)


def test_a_missing_baseline_is_an_error(options: Callable[..., Options]) -> None:
    """An item without anything to compare it with is not judged by something else."""
    with pytest.raises(BaselineError, match=r"Record it with --glue-save=main"):
        criteria_of(options(compare="main"), RTE, SAMPLE, "sample", 1)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"seeds": 3}, (3,)),
        ({"seeds": 3, "max_seeds": 8}, (3,)),
        ({"seeds": 3, "compare": "main"}, (3,)),
        ({"seeds": 3, "max_seeds": 3, "compare": "main"}, (3,)),
        ({"seeds": 5, "max_seeds": 3, "compare": "main"}, (5,)),
        ({"seeds": 3, "max_seeds": 8, "compare": "main"}, (3, 5, 8)),
    ],
)
def test_looks(options: Callable[..., Options], asked: dict[str, Any], expected: tuple[int, ...]) -> None:
    """A verdict is tried once, but where seeds may be added to a comparison."""
    assert expected == interim_analyses_of(options(**asked))


def test_an_evaluation_is_recorded(
    options: Callable[..., Options], evaluation: Callable[..., Evaluation], runs: RunSource, rte: tuple[float, ...]
) -> None:
    """What is recorded can be read, has the drops that it will show, and the evaluation has a note of it."""
    asked = options(save="next")
    noted = record(asked, RTE, SAMPLE, evaluation(runs("rte", rte, 78, 80, 82), notes=("before",)))
    file = asked.storage / "next" / "rte" / "sample.json"
    recorded = baseline_storage.read(file)
    assert ("before", f"recorded {file}: accuracy 0.711 of 3 seeds") == noted.notes
    assert (42, 43, 44) == recorded.seeds
    assert "torch" in recorded.libraries
    assert {"1", "2", "3", "5", "10", "20"} == recorded.visible_drops.keys()
    assert all(0 < drop < 1 for drop in recorded.visible_drops.values())


def test_nothing_is_recorded_unasked(
    options: Callable[..., Options], evaluation: Callable[..., Evaluation], runs: RunSource, rte: tuple[float, ...]
) -> None:
    """Without a name to save under the evaluation is left as it is."""
    found = evaluation(runs("rte", rte, 80))
    assert found is record(options(), RTE, SAMPLE, found)


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": Verdict.FAIL, "failed": True},
        {"verdict": Verdict.INCONCLUSIVE, "failed": True},
        {"verdict": Verdict.DEGENERATE, "failed": True, "score": None},
    ],
)
def test_what_is_red_is_not_recorded(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: RunSource,
    rte: tuple[float, ...],
    changes: dict[str, Any],
) -> None:
    """What nobody is content with is not recorded, and a note says so."""
    asked = options(save="next")
    noted = record(asked, RTE, SAMPLE, evaluation(runs("rte", rte, 80), **changes))
    assert (f"not recorded as next, since its verdict is {changes['verdict']}",) == noted.notes
    assert not asked.storage.exists()


def test_unused_baselines_of_tasks_that_ran(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: RunSource,
    rte: tuple[float, ...],
    main: tuple[Path, Baseline],
) -> None:
    """A file of another checkpoint is unused; a task that did not run, or a part, says nothing of its files."""
    file, recorded = main
    old = file.with_name("old.json")
    baseline_storage.write(old, recorded)
    baseline_storage.write(file.parents[1] / "cola" / "sample.json", recorded)
    found = [evaluation(runs("rte", rte, 80), baseline={"file": str(file)})]
    assert [old] == unused_baselines(options(compare="main"), found)
    assert [] == unused_baselines(options(), found)
    assert [] == unused_baselines(options(compare="main", shard="1/2"), found)
