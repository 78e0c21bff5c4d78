"""Digests of examples."""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import Dataset, concatenate_datasets, load_dataset

from pytest_glue.core.tasks import GLUE
from pytest_glue.data.fingerprint import digest
from pytest_glue.data.source import open_source

COLUMNS = ("text", "label")
ROWS: dict[str, list[Any]] = {"text": ["a", "bc", "", "déjà vu"], "label": [0, 1, -1, 1]}


def table(text: pa.DataType, label: pa.DataType) -> Dataset:
    """Return the rows with other Arrow types."""
    return Dataset(pa.table({"text": pa.array(ROWS["text"], text), "label": pa.array(ROWS["label"], label)}))


@pytest.mark.parametrize(
    "same",
    [
        table(pa.large_string(), pa.int8()),
        Dataset.from_dict({"other": [1, 2, 3, 4], **dict(reversed(ROWS.items()))}),
        Dataset.from_list([{"text": t, "label": n} for t, n in zip(ROWS["text"], ROWS["label"], strict=True)]),
        concatenate_datasets([Dataset.from_dict(ROWS).select([0]), Dataset.from_dict(ROWS).select([1, 2, 3])]),
        Dataset.from_dict({name: [values[0], *values] for name, values in ROWS.items()}).select(range(1, 5)),
        Dataset.from_dict({name: values[::-1] for name, values in ROWS.items()}).select([3, 2, 1, 0]),
    ],
    ids=["wider types", "other columns and order", "from rows", "chunks", "a slice", "a selection"],
)
def test_same_values_have_the_same_digest(same: Dataset) -> None:
    """Widths of types, chunks, other columns and the way of selecting rows have no effect."""
    assert digest(Dataset.from_dict(ROWS), COLUMNS) == digest(same, COLUMNS)


@pytest.mark.parametrize(
    "change",
    [
        {"text": ["ab", "c", "", "déjà vu"]},
        {"text": ["a", "bc", None, "déjà vu"]},
        {"text": ["bc", "a", "", "déjà vu"]},
        {"label": [0, 1, 1, 1]},
        {"label": [0.0, 1.0, -1.0, 1.0]},
        {"label": [0, 1, None, 1]},
        {"text": ["a", "bc", ""], "label": [0, 1, -1]},
    ],
    ids=["a boundary", "a missing text", "the order", "a label", "floats", "a missing label", "fewer rows"],
)
def test_other_values_have_another_digest(change: dict[str, list[Any]]) -> None:
    """Each kind of difference in the content changes the digest."""
    assert digest(Dataset.from_dict(ROWS), COLUMNS) != digest(Dataset.from_dict(ROWS | change), COLUMNS)


def test_the_digest_is_stable() -> None:
    """The digest equals the recorded one: a change would invalidate every recorded result."""
    expected = "sha256:c50bd59f831f74ca27493e444fb96409d4f24ec69197a737912f6928ac3d7a98"
    assert expected == digest(Dataset.from_dict(ROWS), COLUMNS)


@pytest.mark.skipif("GLUE_DATA" not in os.environ, reason="GLUE_DATA names no folder with real data")
@pytest.mark.parametrize("name", ["cola", "mrpc", "rte", "stsb", "wnli"])
def test_real_data_equals_load_dataset(tmp_path: Path, name: str) -> None:
    """Features and content of real tasks equal those of `datasets.load_dataset`."""
    folder, task = os.environ["GLUE_DATA"], GLUE[name]
    expected = load_dataset(folder, name, cache_dir=str(tmp_path))
    loaded = open_source(folder).load(task)
    assert expected.column_names == loaded.column_names
    for split in expected:
        assert expected[split].features == loaded[split].features
        assert digest(expected[split], task.columns) == digest(loaded[split], task.columns)
