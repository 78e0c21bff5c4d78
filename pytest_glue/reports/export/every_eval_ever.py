"""Records of Every Eval Ever, one for each benchmark and checkpoint, version 0.3.0 of its schema.

Source: https://github.com/evaleval/every_eval_ever
"""

import json
import re
import time
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from pytest_glue.core.errors import ReportError
from pytest_glue.core.recipe import RESERVED, WITHOUT_EFFECT
from pytest_glue.core.tasks import GLUE
from pytest_glue.reports.export.formats import RELATIONSHIPS, Export, Publisher
from pytest_glue.reports.export.result import ExportedResult, Score, file_name

SCHEMA_VERSION = "0.3.0"
_MODEL = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
_SPLITS = {"train": "train", "validation": "val", "test": "test"}
_CHOICES = ("lr_scheduler_type", "optim")
"""Fields of a recipe whose texts are choices: the text of another one may be a path or a name."""


def export(results: Sequence[ExportedResult], publisher: Publisher) -> Export:
    """Return `data/BENCHMARK/OWNER/MODEL/UUID.json` for each benchmark and checkpoint.

    Raises:
        ReportError: the publisher is not known.
    """
    if not publisher.organization or publisher.relationship is None:
        raise ReportError(
            "every-eval-ever needs who evaluates: give --organization=NAME, and its relationship to the makers of the "
            f"model, --relationship={'|'.join(RELATIONSHIPS)}"
        )
    files, left_out, now = {}, {}, str(int(time.time()))
    groups: dict[tuple[str, str], list[ExportedResult]] = {}
    for each in results:
        if _MODEL.fullmatch(each.model):
            groups.setdefault((_benchmark(each.task), each.model), []).append(each)
        else:
            name = f"the checkpoint {each.model} has no name of the form OWNER/NAME"
            left_out[each.evaluation.nodeid] = f"{name}: give --model=OWNER/NAME, with --item=... if there are several"
    for (benchmark, model), of_model in groups.items():
        record = {
            "schema_version": SCHEMA_VERSION,
            "evaluation_id": f"{benchmark}/{model}/{now}",
            "retrieved_timestamp": now,
            "source_metadata": {
                "source_name": "pytest-glue",
                "source_type": "evaluation_run",
                "source_organization_name": publisher.organization,
                "evaluator_relationship": publisher.relationship,
            },
        }
        files[PurePath("data", benchmark, *model.split("/"), f"{uuid4()}.json")] = _text(record | _record(of_model))
    return Export(files, left_out)


def _benchmark(task: str) -> str:
    return "glue" if task in GLUE else file_name(task)


def _record(results: Sequence[ExportedResult]) -> dict[str, Any]:
    """Return what a record says about a model and its results."""
    first = results[0]
    checkpoint, libraries = first.evaluation.checkpoint, first.libraries
    identity = {"revision": checkpoint.revision, "digest": checkpoint.digest}
    return {
        "eval_library": {"name": "pytest-glue", "version": libraries.get("pytest-glue", "unknown")},
        "model_info": {
            "name": first.model,
            "id": first.model,
            "inference_engine": {"name": "transformers", "version": libraries.get("transformers", "unknown")},
            "additional_details": {
                "deployment_type": "self_deployed",
                "model_availability": "unknown",  # whether others can download it
                **{name: value for name, value in identity.items() if value},
            },
        },
        "evaluation_results": [
            _result(each, score) for each in results for score in each.scores if score.greater_is_better is not None
        ],
    }


def _result(result: ExportedResult, score: Score) -> dict[str, Any]:
    name = f"{result.task}/{score.slice}" if score.slice else result.task
    details = {"evaluation": result.how, "n_eval": str(score.n_eval)}
    if not score.slice:
        by_seed = {str(run.seed): run.metrics.get(score.metric) for run in result.evaluation.runs}
        details |= {f"score_with_seed_{seed}": repr(value) for seed, value in by_seed.items() if value is not None}
    interval = score.confidence_interval
    return {
        "evaluation_result_id": f"{name}:{score.metric}",
        "evaluation_name": name,
        "source_data": _source_data(result),
        "metric_config": _metric_config(score),
        "score_details": {
            "score": score.value,
            "details": details,
            **({"uncertainty": _uncertainty(interval, score.n_eval)} if interval is not None else {}),
        },
        "generation_config": {"additional_details": _recipe(result.evaluation.conditions.recipe)},
    }


def _uncertainty(interval: tuple[float, float], n_eval: int) -> dict[str, Any]:
    lower, upper = interval
    bounds = {"lower": lower, "upper": upper, "confidence_level": 0.95}
    return {"confidence_interval": bounds, "num_samples": n_eval}


def _metric_config(score: Score) -> dict[str, Any]:
    """Return what is known about a metric; the range of a user's own is not."""
    found: dict[str, Any] = {"metric_id": score.metric, "lower_is_better": not score.greater_is_better}
    if score.known is not None:
        found |= {"score_type": "continuous", "min_score": _end(score.known.low), "max_score": _end(score.known.high)}
    return found


def _end(value: float) -> float | str:
    return value if isfinite(value) else "Infinity" if value > 0 else "-Infinity"


def _source_data(result: ExportedResult) -> dict[str, Any]:
    dataset = result.dataset
    known = {
        "configuration": dataset.configuration,
        "revision": dataset.revision,
        "split": dataset.split,
        "data_digest": result.evaluation.conditions.data_digest,
    }
    details = {name: value for name, value in known.items() if value}
    if dataset.hub_id is None:
        return {"dataset_name": dataset.name, "source_type": "other", "additional_details": details}
    split = _SPLITS.get((dataset.split or "").partition("_")[0])
    return {
        "dataset_name": dataset.name,
        "source_type": "hf_dataset",
        "hf_repo": dataset.hub_id,
        **({"hf_split": split} if split else {}),
        "additional_details": details,
    }


def _recipe(recipe: Mapping[str, Any]) -> dict[str, str]:
    """Return the numbers, switches and choices of a recipe that can change a score, as texts."""
    kept = {
        name: value
        for name, value in recipe.items()
        if name not in WITHOUT_EFFECT
        and name not in RESERVED
        and (isinstance(value, bool | int | float) or (isinstance(value, str) and name in _CHOICES))
    }
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in kept.items()}


def _text(record: Mapping[str, Any]) -> str:
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
