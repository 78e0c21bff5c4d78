"""suites/superglue.toml: each of its tasks loads data with the columns and features that the hub's datasets have."""

from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from pytest_glue.config.sources import OptionSource, combine
from pytest_glue.config.table import read_table
from pytest_glue.core.tasks import Task
from pytest_glue.data.source import resolved, source_of

SUITE = Path(__file__).parents[3] / "suites" / "superglue.toml"
CONVERTED = "refs/convert/parquet"

TEXT, INTEGER = Value("string"), Value("int32")
BOOLEAN = ClassLabel(names=["False", "True"])
NLI = ["entailment", "neutral", "contradiction"]
SUPERGLUE: dict[str, dict[str, Any]] = {
    "boolq": {"question": TEXT, "passage": TEXT, "idx": INTEGER, "label": BOOLEAN},
    "cb": {"premise": TEXT, "hypothesis": TEXT, "idx": INTEGER, "label": ClassLabel(names=[NLI[0], NLI[2], NLI[1]])},
    "rte": {"premise": TEXT, "hypothesis": TEXT, "idx": INTEGER, "label": ClassLabel(names=[NLI[0], "not_entailment"])},
    "wic": {
        "word": TEXT,
        "sentence1": TEXT,
        "sentence2": TEXT,
        **dict.fromkeys(("start1", "start2", "end1", "end2", "idx"), INTEGER),
        "label": BOOLEAN,
    },
}
SCITAIL: dict[str, Any] = {"premise": TEXT, "hypothesis": TEXT, "label": TEXT}
SICK: dict[str, Any] = {
    **dict.fromkeys(("id", "sentence_A", "sentence_B"), TEXT),
    "label": ClassLabel(names=NLI),
    "relatedness_score": Value("float32"),
    **dict.fromkeys(("entailment_AB", "entailment_BA", "sentence_A_original", "sentence_B_original"), TEXT),
}


def split_of(features: dict[str, Any]) -> Dataset:
    """Return six examples, in which each label stands."""
    columns: dict[str, list[Any]] = {
        name: [f"{name} {number}" if feature == TEXT else number for number in range(6)]
        for name, feature in features.items()
    }
    label = features["label"]
    columns["label"] = (
        ["entails", "neutral"] * 3 if label == TEXT else [number % len(label.names) for number in range(6)]
    )
    return Dataset.from_dict(columns, features=Features(features))


def files_of(folder: Path, pattern: str, features: dict[str, Any]) -> dict[str, bytes]:
    """Return the parquet files of three splits; test splits have no labels."""
    path, found = folder / "split.parquet", {}
    for split in ("train", "validation", "test"):
        split_of(features).to_parquet(path)
        found[pattern.format(split=split)] = path.read_bytes()
    return found


@pytest.fixture
def datasets_of_the_suite(hub: Any, tmp_path: Path) -> Any:
    """A hub with the six datasets, as small copies."""
    converted: dict[str, bytes] = {}
    for name, features in SUPERGLUE.items():
        converted |= files_of(tmp_path, f"{name}/{{split}}/0000.parquet", features)
    hub.publish("datasets", "aps/super_glue", {"super_glue.py": b"", "README.md": b""})
    hub.publish("datasets", "aps/super_glue", converted, CONVERTED)
    scitail = files_of(tmp_path, "tsv_format/{split}-00000-of-00001.parquet", SCITAIL)
    others = files_of(tmp_path, "snli_format/{split}-00000-of-00001.parquet", {"gold_label": TEXT, "label": TEXT})
    hub.publish("datasets", "allenai/scitail", scitail | others)
    hub.publish("datasets", "RobZamp/sick", files_of(tmp_path, "default/{split}/0000.parquet", SICK), CONVERTED)
    return hub


def tasks() -> dict[str, Task]:
    table = read_table(SUITE, required=True)
    return {task.name: task for task in combine([OptionSource("{name}", table, SUITE.parent)]).tasks}


def test_the_suite_declares_six_tasks() -> None:
    assert ["boolq", "cb", "scitail", "sg-rte", "sick", "wic"] == list(tasks())


@pytest.mark.parametrize("name", ["boolq", "cb", "scitail", "sg-rte", "sick", "wic"])
def test_a_task_loads_its_data(datasets_of_the_suite: Any, name: str) -> None:
    """Its labels are those that the dataset names, or else the sorted ones of its training split."""
    expected = {
        "boolq": ("False", "True"),
        "wic": ("False", "True"),
        "scitail": ("entails", "neutral"),
        "sick": tuple(NLI),
        "cb": (NLI[0], NLI[2], NLI[1]),
        "sg-rte": (NLI[0], "not_entailment"),
    }
    task = resolved(tasks()[name])
    data = source_of(task, "hub").load(task)
    assert expected[name] == task.labels
    assert (6, 6) == (len(data["train"]), len(data["validation"]))
    assert set(task.columns) <= set(data["validation"].column_names)
