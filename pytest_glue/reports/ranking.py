"""The tables that compare checkpoints with each other, for a person to read."""

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_glue.core.formatting import columns


def ranking_lines(ranks: Mapping[str, Any]) -> list[str]:
    """Return the lines for what `judge.ranks` found."""
    lines: list[str] = []
    for task in ranks["tasks"]:
        lines += ["", f"{task['task']} ({task['metric']}, n={task['n_eval']})", *_scores(task["scores"])]
        lines += ["", *_pairs(task["pairs"])]
        best = ", ".join(task["best"])
        lines.append(f"best: {best}" if len(task["best"]) == 1 else f"tied for best: {best}")
    if ranks["average"]:
        lines += ["", f"average of {ranks['average'][0]['tasks']} tasks", *_scores(ranks["average"])]
    return lines


def _scores(scores: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [(each["checkpoint"], f"{each['value']:.3f}", _interval(each), each["covers"]) for each in scores]
    return columns(("checkpoint", "score", "95% CI", "covers"), rows, right=("score",))


def _pairs(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        (
            f"{each['first']} - {each['second']}",
            f"{each['value']:+.3f}",
            _interval(each, sign="+"),
            "unknown" if each["p_value"] is None else f"{each['p_value']:.3f}",
        )
        for each in pairs
    ]
    return columns(("difference", "value", "95% CI", "p (Holm)"), rows, right=("value", "p (Holm)"))


def _interval(each: Mapping[str, Any], sign: str = "") -> str:
    return f"{each['low']:{sign}.3f} to {each['high']:{sign}.3f}"
