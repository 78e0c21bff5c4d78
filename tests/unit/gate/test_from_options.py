"""Criteria from options, and baselines from evaluations."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.errors import BaselineError
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.golden import GoldenResult
from pytest_glue.core.runs import Run
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import FailedRun, SliceResult, Verdict
from pytest_glue.gate import baseline_storage
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.from_options import (
    baseline_file,
    criteria_of,
    interim_analyses_of,
    record,
    skip_reason,
    unused_baselines,
)
from tests.factories import make_scored_run

CACHED = "cached runs are not trained again"
MakeRuns = Callable[..., list[Run]]


def spec(options: Options) -> EvaluationSpec:
    """Return the sample on RTE with these options."""
    return EvaluationSpec(options, GLUE["rte"], Checkpoint("sample", Origin.SAMPLE))


def specs(options: Options) -> list[EvaluationSpec]:
    """Return a spec for each checkpoint of the options, in their order."""
    return list(EvaluationSpec.all_of(options))


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., Options]:
    """Make options with this test's own storage of baselines."""

    def make(**values: Any) -> Options:
        layer = OptionSource(
            "{name}", {"storage": "records", "checkpoints": "sample", "tasks": "rte", **values}, tmp_path
        )
        return combine([layer])

    return make


@pytest.fixture
def main(
    tmp_path: Path, runs: MakeRuns, baseline: Callable[..., Baseline], rte: tuple[float, ...]
) -> tuple[Path, Baseline]:
    """A baseline `main` of the sample on RTE, and its file."""
    file, recorded = tmp_path / "records/main/rte/sample.json", baseline(runs("rte", rte, 78, 80, 82))
    baseline_storage.write(file, recorded)
    return file, recorded


def test_without_a_baseline_there_is_no_rule(options: Callable[..., Options]) -> None:
    """Without `--glue-compare`, an item is judged by the thresholds of its task only."""
    asked = options(threshold="rte=0.6,mrpc:f1=0.8")
    assert baseline_file(spec(asked)) is None
    criteria = criteria_of(spec(asked), "sample", 1)
    assert ({"accuracy": 0.6}, None, "sample") == (criteria.thresholds, criteria.rule, criteria.checkpoint)


def test_a_baseline_is_a_rule(options: Callable[..., Options], main: tuple[Path, Baseline]) -> None:
    """The rule has the baseline, the task's max drop, the error rate and the number of items."""
    file, recorded = main
    rule = criteria_of(spec(options(compare="main", max_drop="0.01,rte=0.03", alpha=0.1)), "sample", 7).rule
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
    """A baseline given as a file is named after the file; without a max drop of the task, the common one holds."""
    rule = criteria_of(spec(options(compare=str(main[0]), max_drop="0.01")), "sample", 1).rule
    assert rule is not None
    assert ("sample", 0.01) == (rule.name, rule.max_drop)


def test_an_old_baseline_is_noted(
    options: Callable[..., Options], main: tuple[Path, Baseline], runs: MakeRuns, rte: tuple[float, ...]
) -> None:
    """With `baseline_max_age`, notes and facts of the comparison say that it is old; the verdict stays."""
    file, recorded = main
    old = (datetime.now(UTC) - timedelta(days=45, hours=1)).isoformat()
    baseline_storage.write(file, replace(recorded, recorded_at=old, commit="c0ffee"))
    for limit, is_stale in (("30", True), ("60", False), ("off", False)):
        criteria = criteria_of(spec(options(compare="main", baseline_max_age=limit)), "sample", 1)
        found = criteria.judge(runs("rte", rte, 78, 80, 82), rte)
        assert found.baseline is not None
        assert (45, is_stale, "c0ffee", old) == tuple(
            found.baseline[name] for name in ("age_days", "is_stale", "commit", "recorded_at")
        )
        assert is_stale == any("baseline main is 45 days old" in note for note in found.notes)
        assert Verdict.INCONCLUSIVE is found.verdict


def test_the_baseline_of_another_checkpoint_is_noted(
    options: Callable[..., Options], main: tuple[Path, Baseline], runs: MakeRuns, rte: tuple[float, ...]
) -> None:
    """A note says whose baseline it is, also with `save`; the item's own, or a file that the user named, needs none."""
    file, _recorded = main

    def notes(checkpoint: str, **values: str) -> list[str]:
        (new,) = specs(options(checkpoints=checkpoint, **values))
        found = criteria_of(new, "sample", 1).judge(runs("rte", rte, 78, 80, 82), rte)
        return [note for note in found.notes if note.startswith("compared with")]

    expected = ["compared with the baseline of sample, since main has none of new for rte"]
    assert expected == notes("new=sample", compare="main")
    assert expected == notes("new=sample", compare="main", on_missing_baseline="save")
    assert [] == notes("sample", compare="main")
    assert [] == notes("new=sample", compare=str(file))


def test_a_missing_baseline_is_an_error(options: Callable[..., Options]) -> None:
    """An item whose baseline is missing is not judged by anything else."""
    with pytest.raises(BaselineError, match=r"Record it with --glue-save=main"):
        criteria_of(spec(options(compare="main")), "sample", 1)


def test_a_missing_baseline_by_policy(options: Callable[..., Options], main: tuple[Path, Baseline]) -> None:
    """`skip` gives the reason, `save` judges without a baseline; where a baseline exists both compare with it."""
    for policy in ("skip", "save"):
        there = spec(options(compare="main", on_missing_baseline=policy))
        assert (main[0], None) == (baseline_file(there), skip_reason(there))
        missing = spec(options(compare="next", on_missing_baseline=policy))
        assert baseline_file(missing) is None
        assert criteria_of(missing, "sample", 1).rule is None
        reason = skip_reason(missing)
        assert (policy == "skip") == (reason is not None and "baseline 'next' has no file for rte" in reason)
    assert skip_reason(spec(options(compare="next"))) is None


def test_a_missing_baseline_is_recorded(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: MakeRuns,
    rte: tuple[float, ...],
    main: tuple[Path, Baseline],
) -> None:
    """With `save`, a new item becomes a file of the baseline; a file that exists stays as it is."""
    found, before = evaluation(runs("rte", rte, 70)), main[0].read_bytes()
    new = options(compare="next", on_missing_baseline="save")
    (note,) = record(spec(new), found).notes
    file = new.storage / "next" / "rte" / "sample.json"
    assert f"recorded {file}: accuracy 0.747 of 1 seed" == note
    assert 1 == len(baseline_storage.read(file).runs)
    assert found is record(spec(options(compare="main", on_missing_baseline="save")), found)
    assert before == main[0].read_bytes()
    both = record(spec(options(compare="third", save="fourth", on_missing_baseline="save")), found)
    assert [f"{name}/rte/sample.json" in note for name, note in zip(("fourth", "third"), both.notes, strict=True)]


def test_two_new_checkpoints_are_both_recorded(
    options: Callable[..., Options], evaluation: Callable[..., Evaluation], runs: MakeRuns, rte: tuple[float, ...]
) -> None:
    """The file that is recorded for the first one is not what the second one is compared with."""
    asked = options(compare="new", on_missing_baseline="save", checkpoints="sample,a/b")
    first, second = (EvaluationSpec(asked, GLUE["rte"], checkpoint) for checkpoint in asked.checkpoints)
    record(first, evaluation(runs("rte", rte, 70)))
    assert baseline_file(second) is None
    record(second, evaluation(runs("rte", rte, 70)))
    assert {"sample.json", "a-b.json"} == {path.name for path in (asked.storage / "new" / "rte").iterdir()}


def test_a_role_names_the_file(options: Callable[..., Options]) -> None:
    """Trainings with other folders and the same role have one baseline."""
    asked = options(save="main", checkpoints="candidate=runs/0042,production=a/b")
    names = [baseline_storage.path_of(asked.storage, "main", "rte", each.checkpoint_id) for each in specs(asked)]
    assert ["candidate.json", "production.json"] == [name.name for name in names]


def test_one_example_is_not_recorded(
    options: Callable[..., Options], evaluation: Callable[..., Evaluation], runs: MakeRuns
) -> None:
    """A comparison needs two examples, so one makes no baseline."""
    found = evaluation(runs("rte", (0.0,), 0), n_eval=1, references=(0.0,))
    (note,) = record(spec(options(save="next")), found).notes
    assert "not recorded as baseline next: a comparison needs at least 2 evaluation examples" == note


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
def test_interim_analyses(options: Callable[..., Options], asked: dict[str, Any], expected: tuple[int, ...]) -> None:
    """There is one analysis, or several if seeds may be added to a comparison."""
    assert expected == interim_analyses_of(options(**asked))


def test_an_evaluation_is_recorded(
    options: Callable[..., Options], evaluation: Callable[..., Evaluation], runs: MakeRuns, rte: tuple[float, ...]
) -> None:
    """The baseline can be read and has minimum detectable drops; the evaluation has a note about it."""
    asked = options(save="next")
    noted = record(spec(asked), evaluation(runs("rte", rte, 78, 80, 82), notes=("before",)))
    file = asked.storage / "next" / "rte" / "sample.json"
    recorded = baseline_storage.read(file)
    assert ("before", f"recorded {file}: accuracy 0.711 of 3 seeds") == noted.notes
    assert (42, 43, 44) == recorded.seeds
    assert "torch" in recorded.libraries
    assert recorded.recorded_at is not None
    assert abs(datetime.now(UTC) - datetime.fromisoformat(recorded.recorded_at)) < timedelta(minutes=10)
    assert (rte, None) == (recorded.references, recorded.commit)  # the folder is in no repository
    assert {1, 2, 3, 5, 10, 20} == recorded.visible_drops.keys()
    assert all(0 < drop < 1 for drop in recorded.visible_drops.values())


def test_nothing_is_recorded_without_a_name(
    options: Callable[..., Options], evaluation: Callable[..., Evaluation], runs: MakeRuns, rte: tuple[float, ...]
) -> None:
    """Without `--glue-save` the evaluation is returned unchanged."""
    found = evaluation(runs("rte", rte, 80))
    assert found is record(spec(options()), found)


@pytest.mark.parametrize(
    ("changes", "cure"),
    [
        (
            {"verdict": Verdict.FAIL, "failed": True},
            f"; to record this score, give a threshold such as --glue-threshold=rte=0.71; {CACHED}",
        ),
        (
            {
                "verdict": Verdict.FAIL,
                "failed": True,
                "slices": (SliceResult("long", 30, 0.5, {}, verdict=Verdict.FAIL),),
            },
            f"; to record this score, change the thresholds of long; {CACHED}",
        ),
        (
            {"verdict": Verdict.FAIL, "failed": True, "golden": GoldenResult("golden.csv", 2, 1.0, 0.5, 1, ())},
            f"; to record this score, correct the golden examples, or lower golden_min; {CACHED}",
        ),
        ({"verdict": Verdict.FAIL, "failed": True, "baseline": {"file": "main.json"}}, ""),
        ({"verdict": Verdict.INCONCLUSIVE, "failed": True}, ""),
        (
            {"verdict": Verdict.DEGENERATE, "failed": True, "score": None},
            ", so its score says nothing about the checkpoint; change the recipe or the data",
        ),
    ],
)
def test_a_red_evaluation_is_not_recorded(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: MakeRuns,
    rte: tuple[float, ...],
    changes: dict[str, Any],
    cure: str,
) -> None:
    """Failed, inconclusive and degenerate evaluations that are red are not recorded; a note names what helps."""
    asked = options(save="next")
    noted = record(spec(asked), evaluation([] if "score" in changes else runs("rte", rte, 80), **changes))
    assert (f"not recorded as baseline next: the verdict is {changes['verdict']}{cure}",) == noted.notes
    assert not asked.storage.exists()


def test_unused_baselines_of_tasks_that_ran(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: MakeRuns,
    rte: tuple[float, ...],
    main: tuple[Path, Baseline],
) -> None:
    """A file of another checkpoint is unused, unless its task did not run or the test run is a shard."""
    file, recorded = main
    old = file.with_name("old.json")
    baseline_storage.write(old, recorded)
    baseline_storage.write(file.parents[1] / "cola" / "sample.json", recorded)
    found = [evaluation(runs("rte", rte, 80), baseline={"file": str(file)})]
    assert [old] == unused_baselines(options(compare="main"), found)
    assert [] == unused_baselines(options(), found)
    assert [] == unused_baselines(options(compare="main"), [evaluation([], verdict=Verdict.DEGENERATE, score=None)])
    assert [] == unused_baselines(options(compare="main", shard="1/2"), found)


def test_baselines_of_items_that_ended_in_an_error_are_used(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: MakeRuns,
    rte: tuple[float, ...],
    main: tuple[Path, Baseline],
) -> None:
    """A file that no item was compared with is the one of such an item."""
    file, recorded = main
    old = file.with_name("old.json")
    baseline_storage.write(old, recorded)
    found = [evaluation(runs("rte", rte, 80), baseline={"file": str(file)})]
    assert [old] == unused_baselines(options(compare="main"), found, {"cola"})
    assert [] == unused_baselines(options(compare="main"), found, {"rte"})
    assert [] == unused_baselines(options(compare="main"), found, {None})


def test_an_inconclusive_result_is_not_recorded_over_its_baseline(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: MakeRuns,
    rte: tuple[float, ...],
    main: tuple[Path, Baseline],
) -> None:
    """The baseline would drift; under another name, or after a pass, it is recorded."""
    file, before = main[0], main[0].read_bytes()
    doubtful = evaluation(runs("rte", rte, 84), verdict=Verdict.INCONCLUSIVE, baseline={"file": str(file)})
    (note,) = record(spec(options(compare="main", save="main")), doubtful).notes
    assert "not recorded as baseline main: the verdict is inconclusive, and a drop that is not ruled out, " in note
    assert before == file.read_bytes()
    (other,) = record(spec(options(compare="main", save="next")), doubtful).notes
    assert other.startswith("recorded ")
    passed = evaluation(runs("rte", rte, 76), baseline={"file": str(file)})
    (again,) = record(spec(options(compare="main", save="main")), passed).notes
    assert " again: accuracy 0.711 -> 0.726, 3 -> 1 seed" in again


def test_a_better_attempt_is_recorded_with_a_caution(
    options: Callable[..., Options],
    evaluation: Callable[..., Evaluation],
    runs: MakeRuns,
    rte: tuple[float, ...],
    main: tuple[Path, Baseline],
) -> None:
    """The best of several attempts is too high; more seeds of the same, another checkpoint or a lower score is fine."""
    caution = "The best of several attempts is too high"
    asked = spec(options(save="main"))
    attempts = {
        "better": evaluation(runs("rte", rte, 70, 72, 74, first_seed=7)),
        "lower": evaluation(runs("rte", rte, 90, 92, 94, first_seed=7)),
        "more seeds": evaluation(runs("rte", rte, 78, 80, 82, 60)),
        "another checkpoint": evaluation(
            runs("rte", rte, 70, 72, 74, first_seed=7),
            checkpoint=Checkpoint("c", Origin.HUB, "v1", f"sha256:{'2' * 64}"),
        ),
    }
    noted = {}
    for name, attempt in attempts.items():
        baseline_storage.write(*main)
        (note,) = record(asked, attempt).notes
        noted[name] = caution in note
    assert {"better": True, "lower": False, "more seeds": False, "another checkpoint": False} == noted


def test_a_baseline_with_failed_runs(
    options: Callable[..., Options], evaluation: Callable[..., Evaluation], runs: MakeRuns, rte: tuple[float, ...]
) -> None:
    """It is recorded if some run trained; the note counts the failed ones, and the detectable drops leave them out."""
    asked = spec(options(save="next"))
    healthy = runs("rte", rte, 78, 80, 82)
    broken = make_scored_run("rte", [0.0] * 277, rte, 7)
    noted = record(asked, evaluation([*healthy, broken], failed_runs=(FailedRun(7, "predicted the same"),)))
    remedy = "and comparisons use the others: record more seeds, as in --glue-seeds=5"
    assert noted.notes[0].endswith(f"of 4 seeds; 1 of 4 runs failed to train, {remedy}")
    recorded = baseline_storage.read(baseline_file(spec(options(compare="next"))) or Path())
    record(spec(options(save="whole")), evaluation(healthy))
    whole = baseline_storage.read(baseline_file(spec(options(compare="whole"))) or Path())
    assert (4, whole.visible_drops) == (len(recorded.runs), recorded.visible_drops)
