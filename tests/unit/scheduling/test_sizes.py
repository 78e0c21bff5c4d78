"""Sizes of tasks, as far as they are known without reading."""

import os
from pathlib import Path

import pytest

from pytest_glue.core.tasks import GLUE
from pytest_glue.scheduling.size_estimates import GLUE_SIZES, SAMPLE_SIZES

CONFIGURATIONS = {task.configuration: task for task in GLUE.values() if task.name != "mnli-mm"}


def test_each_task_has_its_sizes() -> None:
    """No task of the ten is unknown, neither on the hub's data nor on the sample."""
    assert CONFIGURATIONS.keys() == GLUE_SIZES.keys() == SAMPLE_SIZES.keys()


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_samples_sizes_are_its_own(configuration: str) -> None:
    """The table holds as many examples as the sample makes."""
    from pytest_glue.sample.examples import sample_dataset

    data, task, size = sample_dataset(configuration), CONFIGURATIONS[configuration], SAMPLE_SIZES[configuration]
    assert (len(data[task.train_split]), len(data[task.evaluation_split])) == (size.train, size.evaluation)


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_the_real_sizes_are_those_of_the_data(configuration: str) -> None:
    """The table holds as many examples as the data, and a token stands for four to five bytes of it."""
    import pyarrow.parquet as pq

    folder = Path(os.environ.get("GLUE_DATA", "/nowhere")) / configuration
    if not folder.is_dir():
        pytest.skip("the environment variable GLUE_DATA names no folder with this task's data")
    task, size = CONFIGURATIONS[configuration], GLUE_SIZES[configuration]
    splits = [pq.read_table(next(folder.glob(f"{name}-*"))) for name in (task.train_split, task.evaluation_split)]
    assert [size.train, size.evaluation] == [split.num_rows for split in splits]
    n_bytes = sum(len(text.encode()) for key in task.text_columns for text in splits[0][key].to_pylist())
    assert 3.8 < n_bytes / size.train / (size.tokens - 2) < 5
