"""What a baseline's file says, and how two of them differ, as plain data and as lines for a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_glue.core.formatting import count, printable
from pytest_glue.core.metrics import shown_metric
from pytest_glue.core.serialization import to_plain
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_age import BaselineAge
from pytest_glue.reports.table import Column, laid_out

Facts = dict[str, Any]
_SHORT = 7
"""Of a commit, as git shows it; of a digest, enough to tell checkpoints apart."""
_COLUMNS = (
    Column("baseline", is_name=True),
    Column("task", is_name=True),
    Column("checkpoint", is_name=True),
    Column("digest", omission=1),
    Column("metric", is_name=True),
    Column("score", is_right=True),
    Column("seeds", is_right=True),
    Column("age", is_right=True),
    Column("commit", omission=2),
)


@dataclass(frozen=True, slots=True)
class NamedBaseline:
    """A baseline with its place."""

    name: str
    """Of the baseline that the file belongs to, or the path of a single file."""
    file: Path
    baseline: Baseline

    @property
    def key(self) -> tuple[str, str]:
        """Task and checkpoint id: what the items of two baselines are paired by."""
        return self.baseline.task, self.file.stem

    def facts(self, now: datetime) -> Facts:
        """Return all that the file says, without predictions, and its age in whole days."""
        recorded = self.baseline
        return {
            "name": self.name,
            "file": str(self.file),
            "task": recorded.task,
            "checkpoint": to_plain(recorded.checkpoint),
            "headline_metric": recorded.headline_metric,
            "score": recorded.score,
            "seeds": list(recorded.seeds),
            "recorded_at": recorded.recorded_at,
            "age_days": BaselineAge.of(recorded.recorded_at, now).whole_days,
            "commit": recorded.commit,
            "evaluate_only": recorded.evaluate_only,
            "evaluation_split": recorded.evaluation_split,
            "n_train": recorded.n_train,
            "n_eval": recorded.n_eval,
            "data_digest": recorded.data_digest,
            "recipe": to_plain(recorded.recipe),
            "search": to_plain(recorded.search),
            "libraries": dict(recorded.libraries),
            "minimum_detectable_drops": {str(seeds): drop for seeds, drop in recorded.visible_drops.items()},
            "runs": [{"seed": run.seed, "metrics": dict(run.metrics)} for run in recorded.runs],
            "has_references": bool(recorded.references),
        }


def table(found: Sequence[NamedBaseline], now: datetime, width: int | None = None) -> list[str]:
    """Return a line for each item, below the names of the columns; none without an item.

    Args:
        found: the items.
        now: what ages are counted to.
        width: of the terminal; None for any.
    """
    return laid_out(_COLUMNS, [_row(each, now) for each in found], width).lines if found else []


def _row(each: NamedBaseline, now: datetime) -> tuple[str, ...]:
    recorded = each.baseline
    return (
        each.name,
        recorded.task,
        recorded.checkpoint.label,
        (recorded.checkpoint.digest or "").removeprefix("sha256:")[:_SHORT],
        recorded.headline_metric,
        shown_metric(recorded.headline_metric).text(recorded.score),
        str(len(recorded.runs)),
        _age(BaselineAge.of(recorded.recorded_at, now).whole_days),
        (recorded.commit or "")[:_SHORT],
    )


def _age(days: int | None) -> str:
    return "unknown" if days is None else "today" if days == 0 else count(days, "day")


def lines(each: NamedBaseline, now: datetime) -> list[str]:
    """Return the lines that show one item."""
    facts, recorded = each.facts(now), each.baseline
    metric, checkpoint = shown_metric(recorded.headline_metric), recorded.checkpoint
    scores = (run.metrics[recorded.headline_metric] for run in recorded.runs)
    shown = {
        "file": facts["file"],
        "score": f"{metric.name} {metric.text(recorded.score)}",
        "by seed": ", ".join(
            f"{seed}: {metric.text(score)}" for seed, score in zip(recorded.seeds, scores, strict=True)
        ),
        "recorded": f"{recorded.recorded_at} ({_age(facts['age_days'])})" if recorded.recorded_at else "unknown",
        "commit": recorded.commit or "unknown",
        "checkpoint": f"{checkpoint} ({checkpoint.digest})",
        "trained on": "evaluated only" if recorded.evaluate_only else count(recorded.n_train, "example"),
        "evaluated on": f"{count(recorded.n_eval, 'example')} of {recorded.evaluation_split}",
        "data": recorded.data_digest,
        "recipe": _pairs(recorded.recipe),
        "search": "none" if recorded.search is None else f"{recorded.search.backend}, {recorded.search.trials} trials",
        "libraries": _pairs(recorded.libraries),
        "detectable drop": ", ".join(
            f"{metric.text(drop)} with {count(n, 'seed')}" for n, drop in sorted(recorded.visible_drops.items())
        )
        or "unknown",
    }
    return _aligned(recorded.item, shown)


def _aligned(title: str, shown: Mapping[str, str]) -> list[str]:
    """Return a title, and below it a line for each name with its text."""
    width = max(map(len, shown))
    return [printable(title), *(printable(f"  {name.ljust(width)}  {text}") for name, text in shown.items())]


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(values.items()))


def differences(old: Baseline, new: Baseline) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two files of an item, by name: the old and the new value, None if there is none."""
    pairs = zip(_compared(old).items(), _compared(new).values(), strict=True)
    found = {name: (before, after) for (name, before), after in pairs if before != after}
    for name in ("recipe", "libraries"):
        ours, theirs = getattr(old, name), getattr(new, name)
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                found[f"{name} {key}"] = (ours.get(key), theirs.get(key))
    return found


def _compared(recorded: Baseline) -> dict[str, Any]:
    return {
        "headline metric": recorded.headline_metric,
        "score": recorded.score,
        "seeds": list(recorded.seeds),
        "checkpoint": str(recorded.checkpoint),
        "checkpoint's digest": recorded.checkpoint.digest,
        "evaluated only": recorded.evaluate_only,
        "evaluation split": recorded.evaluation_split,
        "training examples": recorded.n_train,
        "evaluation examples": recorded.n_eval,
        "data": recorded.data_digest,
        "labels": list(recorded.labels),
        "search": to_plain(recorded.search),
        "recorded": recorded.recorded_at,
        "commit": recorded.commit,
    }


def difference_lines(title: str, found: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Return the lines about an item that both baselines have."""
    if not found:
        return [f"{printable(title)}: no difference"]
    return _aligned(title, {name: f"{_text(old)} -> {_text(new)}" for name, (old, new) in found.items()})


def _text(value: Any) -> str:
    match value:
        case None:
            return "none"
        case float():
            return f"{value:.6g}"
        case list():
            return ", ".join(map(str, value)) or "none"
    return str(value)
