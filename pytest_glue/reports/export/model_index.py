"""The `model-index` of a model card, one file for each checkpoint.

Source: https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pytest_glue.core.metrics import METRICS
from pytest_glue.reports.export.formats import Export, Publisher
from pytest_glue.reports.export.result import ExportedResult, Score

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_UNKNOWN = "unknown"
"""The type of data that is not on the hub, as other libraries write it: a name could be that of another dataset."""
_HUB_NAMES: Mapping[str, str] = {"pearson": "pearsonr", "r2": "r_squared"}
_AVERAGES = ("macro", "micro", "weighted")


def export(results: Sequence[ExportedResult], publisher: Publisher) -> Export:  # noqa: ARG001 - that of every format
    """Return `CHECKPOINT/model-index.yaml` for each checkpoint."""
    from huggingface_hub import ModelCardData

    files = {}
    for checkpoint in dict.fromkeys(each.checkpoint_id for each in results):
        of_model = [each for each in results if each.checkpoint_id == checkpoint]
        shared = Counter(each.dataset for each in of_model)
        entries = [
            _entry(each, score, with_task=shared[each.dataset] > 1) for each in of_model for score in each.scores
        ]
        card = ModelCardData(model_name=of_model[0].model, eval_results=entries)
        files[PurePath(checkpoint, "model-index.yaml")] = f"{card.to_yaml()}\n"
    return Export(files)


def _entry(result: ExportedResult, score: Score, *, with_task: bool) -> "EvalResult":
    """Return the entry of a score.

    Args:
        result: that the score belongs to.
        score: to be published.
        with_task: whether the metric's name has the task's, since another task has the same dataset.
    """
    from huggingface_hub import EvalResult

    dataset, (metric, arguments) = result.dataset, _metric(score)
    # The hub joins what has the same type, configuration and split, under the name of one of them.
    configuration = result.task if dataset.hub_id is None else dataset.configuration
    parts = (score.label, f"task {result.task}" if with_task else "", result.runs)
    return EvalResult(
        task_type="text-classification",
        task_name="Text Classification",
        dataset_type=dataset.hub_id or _UNKNOWN,
        dataset_name=dataset.name,
        dataset_config=configuration,
        dataset_split=dataset.split,
        dataset_revision=dataset.revision,
        metric_type=metric,
        metric_name=", ".join(filter(None, parts)),
        metric_value=score.value,
        metric_args=arguments,
    )


def _metric(score: Score) -> tuple[str, dict[str, Any] | None]:
    """Return the name of a metric on the hub, and the arguments of its computation."""
    name, _, average = score.metric.rpartition("_")
    if score.metric in METRICS and average in _AVERAGES:
        return name, {"average": average}
    return _HUB_NAMES.get(score.metric, score.metric), None
