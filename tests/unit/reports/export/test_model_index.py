"""The `model-index`, read by huggingface_hub's own parser."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from huggingface_hub.repocard_data import model_index_to_eval_results

from pytest_glue.core.checkpoints import Checkpoint, Origin
from pytest_glue.core.formatting import printable
from pytest_glue.core.runs import Run
from pytest_glue.core.verdict import SliceResult
from pytest_glue.reports.export.formats import Publisher, export
from pytest_glue.reports.export.result import exported_results
from tests.factories import make_evaluation, make_run

Report = Callable[..., dict[str, Any]]


def files_of(report: dict[str, Any], **given: Any) -> dict[str, str]:
    """Return the exported texts by path."""
    results, _ = exported_results(report, **given)
    made = export("model-index", results, Publisher())
    assert {} == made.left_out
    return {path.as_posix(): text for path, text in made.files.items()}


def test_it_is_accepted(report_of: Report) -> None:
    """The parser returns what was exported, and a model card with it is valid."""
    runs = [make_run(seed=seed, metrics={"accuracy": 0.8, "f1_macro": 0.75}) for seed in (1, 2)]
    part = SliceResult("domain=news", 20, 0.7, {"accuracy": 0.7})
    files = files_of(report_of(make_evaluation(runs, slices=(part,)), make_evaluation(task="cola", nodeid="s.py::c")))
    ((path, text),) = files.items()
    assert "a-b-86b5e09/model-index.yaml" == path
    name, found = model_index_to_eval_results(yaml.safe_load(text)["model-index"])
    shared = {"task_type": "text-classification", "dataset_type": "nyu-mll/glue", "dataset_split": "validation"}
    assert "a/b" == name
    assert all(shared.items() <= vars(each).items() for each in found)
    assert [
        ("GLUE RTE", "rte", "accuracy", "accuracy, mean of 2 fine-tunings", 0.8, None),
        ("GLUE RTE", "rte", "f1", "f1_macro, mean of 2 fine-tunings", 0.75, {"average": "macro"}),
        ("GLUE RTE", "rte", "accuracy", "accuracy, slice domain=news, mean of 2 fine-tunings", 0.7, None),
        ("GLUE COLA", "cola", "accuracy", "accuracy, one fine-tuning", 0.614, None),
    ] == sorted(map(_shown, found), key=lambda each: each[0], reverse=True)
    card = ModelCard(f"---\n{text}---\n# A model\n")
    assert isinstance(card.data, ModelCardData)
    assert 4 == len(card.data.eval_results or [])


def _shown(result: EvalResult) -> tuple[Any, ...]:
    config, metric = result.dataset_config, result.metric_type
    return (result.dataset_name, config, metric, result.metric_name, result.metric_value, result.metric_args)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("pearson", ("pearsonr", None)),
        ("r2", ("r_squared", None)),
        ("recall_weighted", ("recall", {"average": "weighted"})),
        ("log_loss", ("log_loss", None)),
        ("mine:my_macro", ("my_macro", None)),
    ],
)
def test_names_of_metrics(report_of: Report, metric: str, expected: tuple[str, dict[str, str] | None]) -> None:
    """They are those of the hub; a user's own keeps its name."""
    (text,) = files_of(report_of(make_evaluation([Run(42, {metric: 0.5}, (), (), 1.0)]))).values()
    ((result,),) = (found for _, found in [model_index_to_eval_results(yaml.safe_load(text)["model-index"])])
    assert expected == (result.metric_type, result.metric_args)


def test_data_that_is_not_on_the_hub(report_of: Report) -> None:
    """A name could be that of another dataset on the hub, so that the type is unknown."""
    own = {"data": "/data", "text": "message", "label": "team", "kind": "multi_label", "labels": ["a", "b"]}
    checkpoint = Checkpoint("/home/me/candidate", Origin.FOLDER)
    given = make_evaluation(task="tickets", data="/data", checkpoint=checkpoint, evaluate_only=True)
    (text,) = files_of(report_of(given, task={"tickets": own}), model="owner/tickets").values()
    index = yaml.safe_load(text)["model-index"]
    dataset = {"name": "tickets", "type": "unknown", "config": "tickets", "split": "validation"}
    metrics = [{"type": "accuracy", "value": 0.614, "name": "accuracy"}]
    assert [
        {
            "name": "owner/tickets",
            "results": [
                {
                    "task": {"type": "text-classification", "name": "Text Classification"},
                    "dataset": dataset,
                    "metrics": metrics,
                }
            ],
        }
    ] == index


def test_tasks_stay_apart(report_of: Report) -> None:
    """The hub joins results of the same type, configuration and split; it has to tell those of two tasks apart."""
    own: dict[str, Any] = {"text": "message", "label": "team", "labels": ["a", "b"]}
    tasks = {"one": own | {"data": "/data"}, "two": own | {"data": "/data"}}
    tasks |= {name: own | {"data": {"hub": "owner/set"}} for name in ("third", "fourth")}
    given = [
        make_evaluation(task=name, nodeid=name, data="/data" if "hub" not in task["data"] else "owner/set@0123456")
        for name, task in tasks.items()
    ]
    (text,) = files_of(report_of(*given, task=tasks)).values()
    again = ModelCardData(**yaml.safe_load(text)).to_yaml()  # as when a card is updated
    _, found = model_index_to_eval_results(yaml.safe_load(again)["model-index"])
    accuracy = "accuracy, one fine-tuning"
    assert {
        ("one", "unknown", "one", accuracy),
        ("two", "unknown", "two", accuracy),
        ("owner/set", "owner/set", None, "accuracy, task third, one fine-tuning"),
        ("owner/set", "owner/set", None, "accuracy, task fourth, one fine-tuning"),
    } == {(each.dataset_name, each.dataset_type, each.dataset_config, each.metric_name) for each in found}
    assert 4 == len(found)


def test_each_checkpoint_has_its_file(report_of: Report) -> None:
    """It belongs into the card of one model."""
    others = [Checkpoint(name, Origin.HUB) for name in ("a/b", "a/c")]
    report = report_of(*(make_evaluation(nodeid=f"s.py::t[{each}]", checkpoint=each) for each in others))
    assert {"a-b/model-index.yaml", "a-c/model-index.yaml"} == files_of(report).keys()


@pytest.mark.parametrize("name", ["no", "a: b\n- c", "\x00\x1b[0m", "'\"", "#", "\u202e", "\ud800"])
def test_names_that_yaml_would_read_otherwise(report_of: Report, name: str) -> None:
    """They come back as they are shown: what cannot be seen as an escape."""
    part = SliceResult(name, 20, 0.7, {"accuracy": 0.7})
    (text,) = files_of(report_of(make_evaluation(slices=(part,)))).values()
    _, found = model_index_to_eval_results(yaml.safe_load(text)["model-index"])
    assert f"accuracy, slice {printable(name)}, one fine-tuning" == found[1].metric_name
