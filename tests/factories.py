"""Values for tests: each function returns a whole one, with the given parts instead of its defaults."""

import random
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any

from pytest_glue.cache.entry import Entry
from pytest_glue.cache.key import Key
from pytest_glue.config.evaluation_spec import EvaluationSpec
from pytest_glue.config.options import Options
from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.evaluation import Evaluation
from pytest_glue.core.repository import RepositoryState
from pytest_glue.core.runs import Epoch, Run, RunConditions
from pytest_glue.core.study import SearchConfig, Study, Trial, TrialEpoch, TrialState
from pytest_glue.core.tasks import GLUE
from pytest_glue.core.verdict import Judgement, Verdict
from pytest_glue.gate.baseline import Baseline
from pytest_glue.history.record import Record

DIGEST = f"sha256:{'1' * 64}"
CHECKPOINT = Checkpoint("a/b", Origin.HUB, "86b5e0934494bd15c9632b12f734a8a67f723594", DIGEST)
RTE_LABELS = (0.0,) * 146 + (1.0,) * 131
"""Labels as in RTE's validation split: 146 entailments of 277."""
FALLING_LOSS = (Epoch(1.0, 0.7, 0.6, {}), Epoch(2.0, 0.4, 0.5, {}))


def make_run(**changes: Any) -> Run:
    """Return a run on RTE whose accuracy is 0.614; its predictions are others'."""
    scores = changes.get("metrics", {"accuracy": 0.614})
    return replace(Run(42, scores, (Epoch(1.0, 0.7, 0.6, scores),), RTE_LABELS, duration_s=61.0), **changes)


def make_scored_run(task: str, predictions: Sequence[float], references: Sequence[float], seed: int = 42) -> Run:
    """Return a run with these predictions and their scores; an undefined score is None."""
    from pytest_glue.statistics.metrics import compute

    scores = compute(GLUE[task], predictions, references)
    metrics = {name: None if score != score else score for name, score in scores.items()}  # noqa: PLR0124 - NaN
    return Run(seed, metrics, FALLING_LOSS, tuple(predictions), duration_s=1.0)


def make_runs(task: str, references: Sequence[float], *wrong: int, first_seed: int = 42) -> list[Run]:
    """Return runs of a task with two classes, each with a given number of wrong predictions."""
    return [
        make_scored_run(task, _mistaken(references, count, seed), references, seed)
        for seed, count in enumerate(wrong, first_seed)
    ]


def _mistaken(references: Sequence[float], wrong: int, seed: int) -> list[float]:
    flipped = set(random.Random(seed).sample(range(len(references)), wrong))  # noqa: S311 - no cryptography
    return [1 - label if number in flipped else label for number, label in enumerate(references)]


def make_conditions(**changes: Any) -> RunConditions:
    """Return the conditions of runs on RTE."""
    conditions = RunConditions(CHECKPOINT, 2490, 277, DIGEST, {"num_train_epochs": 1}, "cpu", RTE_LABELS, ())
    return replace(conditions, **changes)


def make_judgement(**changes: Any) -> Judgement:
    """Return the judgement of runs on RTE that miss their threshold."""
    reason = "rte · a/b@86b5e09: accuracy 0.614 < threshold 0.650 (-0.036; n=277, 1 seed)"
    return replace(Judgement(Verdict.FAIL, reason, 0.65, 0.527, None, None, ()), **changes)


def make_evaluation(runs: Sequence[Run] = (), **changes: Any) -> Evaluation:
    """Return an evaluation of RTE whose accuracy misses its threshold.

    Args:
        runs: its runs; one by default.
        changes: fields of the evaluation, its conditions or its judgement; `score` is that of the default run.
    """
    metric = changes.pop("headline_metric", next(iter(runs[0].metrics)) if runs else "accuracy")
    evaluation = Evaluation(
        nodeid="suites/test_glue.py::test_glue[rte-a-b]",
        task="rte",
        headline_metric=metric,
        data="nyu-mll/glue@bcdcba7",
        conditions=make_conditions(**_parts(RunConditions, changes)),
        runs=tuple(runs) or (make_run(metrics={metric: changes.pop("score", 0.614)}),),
        judgement=make_judgement(**_parts(Judgement, changes)),
        failed=True,
        duration_s=62.0,
        notes=("slow tokenizer",),
    )
    return replace(evaluation, **changes)


def _parts(kind: type[RunConditions | Judgement], changes: dict[str, Any]) -> dict[str, Any]:
    """Take the fields of that type out of the changes; notes are those of the evaluation."""
    names = {field.name for field in fields(kind)} - {"notes"}
    return {name: changes.pop(name) for name in names & changes.keys()}


def make_baseline(runs: Sequence[Run], **changes: Any) -> Baseline:
    """Return a baseline of RTE with these runs."""
    return replace(Baseline.of(make_evaluation(runs), GLUE["rte"], {"torch": "2.9"}, {3: 0.04}), **changes)


def make_study(**changes: Any) -> Study:
    """Return a study of three trials: one complete, one pruned, one failed."""
    first, second = TrialEpoch(0.4, 0.7), TrialEpoch(0.6, 0.5)
    rates = [{"learning_rate": rate, "per_device_train_batch_size": size} for rate, size in _TRIED]
    trials = (
        Trial(0, TrialState.COMPLETE, rates[0], 0.6, (first, second), 2.0),
        Trial(1, TrialState.PRUNED, rates[1], 0.4, (first,), 1.0),
        Trial(2, TrialState.FAILED, rates[2], None, (), 0.1, "OOM"),
    )
    space = {"learning_rate": {"low": 1e-5, "high": 1e-4}, "per_device_train_batch_size": [8, 16]}
    search = SearchConfig("optuna", 3, 0.1, "held-out", space)
    importance = {"learning_rate": 0.75, "per_device_train_batch_size": 0.25}
    study = Study(search, "rte-a-b-0", "studies", "accuracy", 249, 498, 42, trials, importance, 61.0)
    return replace(study, **changes)


_TRIED = ((5e-5, 8), (1e-5, 16), (1e-4, 8))


def make_key(
    *, task: str = "rte", digest: str = DIGEST, data: str = "sample rte", seed: int = 42, **options: Any
) -> Key:
    """Return the cache key of a run with these options."""
    checkpoint = Checkpoint("a/b", Origin.HUB, "main", digest)
    return Key.of(EvaluationSpec(Options(**options), GLUE[task], checkpoint), data, seed)


def make_entry(seed: int = 42, **parts: Any) -> Entry:
    """Return the cache entry of a run on three examples, one of which is wrong."""
    key = make_key(seed=seed, **parts)
    references = (0.0, 1.0, 1.0)
    scored = make_scored_run(key.task["name"], (0.0, 1.0, 0.0), references, seed)
    run = replace(scored, history=(Epoch(1.0, 0.7, None, scored.metrics),), duration_s=61.5)
    conditions = make_conditions(
        checkpoint=Checkpoint("a/b", Origin.HUB, "main", DIGEST),
        n_train=8,
        n_eval=3,
        recipe={"num_train_epochs": 1, "optim": "adafactor", "lr_scheduler_kwargs": {"power": 2}},
        device=key.device,
        references=references,
        notes=("a note",),
    )
    return Entry(key, conditions, run)


def make_record(number: int = 0, score: float | None = 0.614, seeds: int = 3, **changes: Any) -> Record:
    """Return the record of a run on RTE, of a checkpoint with files of its own.

    Args:
        number: of the test run; its day, its commit and the digest of its checkpoint follow from it.
        score: of each seed, and their mean.
        seeds: the number of runs.
        changes: fields of the record.
    """
    runs = [make_run(seed=seed, metrics={"accuracy": score}) for seed in range(42, 42 + seeds)]
    evaluation = make_evaluation(runs, confidence_interval=score and (score - 0.03, score + 0.03))
    state = RepositoryState(f"{number:040x}", "main", is_dirty=False)
    day = date(2026, 1, 1) + timedelta(days=number)
    record = Record.of(evaluation, Options(), state, f"run{number}", f"{day}T09:30:00Z")
    return replace(record, **{"digest": f"sha256:{number:064x}", **changes})
