"""The slices of evaluation examples, and messages about columns and values that are not there."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from pytest_glue.core.errors import DataError
from pytest_glue.core.slices import Slice
from pytest_glue.core.tasks import GLUE
from pytest_glue.data.folder import FolderSource
from pytest_glue.data.slices import MAX_VALUES, SlicedExamples, sliced_examples
from pytest_glue.data.tsv import FORMATS


def sliced(columns: dict[str, list[Any]], *slices: Slice) -> SlicedExamples:
    return sliced_examples(Dataset.from_dict(columns), replace(GLUE["rte"], slices=slices))


def test_a_slice_for_each_value() -> None:
    """They are in the order of their values, and every example is in one."""
    found = sliced({"language": ["en", "de", "en", "fr"]}, Slice("language"))
    assert {"language=de": (1,), "language=en": (0, 2), "language=fr": (3,)} == found.indices
    assert ["language=de", "language=en", "language=fr"] == list(found.indices)
    assert () == found.notes


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([1, 2, 1], ["x=1", "x=2"]),
        ([1.0, 2.5, None], ["x=1", "x=2.5"]),
        ([True, False, True], ["x=false", "x=true"]),
        (["", "a", ""], ["x=", "x=a"]),
    ],
)
def test_values_of_any_type(values: list[Any], names: list[str]) -> None:
    assert names == list(sliced({"x": values}, Slice("x")).indices)


def test_classes_have_their_names() -> None:
    split = Dataset.from_dict({"label": [0, 1, 0]}, Features({"label": ClassLabel(names=["yes", "no"])}))
    found = sliced_examples(split, replace(GLUE["rte"], slices=(Slice("label"),)))
    assert {"label=no": (1,), "label=yes": (0, 2)} == found.indices


def test_named_slices() -> None:
    """A slice has several values, or a range of numbers; texts that are numbers count as such."""
    columns = {"priority": ["high", "low", "urgent", "low"], "words": ["3", "30", "12", "50.5"]}
    found = sliced(
        columns,
        Slice("priority", "soon", ("high", "urgent")),
        Slice("words", "long", minimum=30),
        Slice("words", "middle", minimum=10, maximum=30),
    )
    assert {"soon": (0, 2), "long": (1, 3), "middle": (1, 2)} == found.indices


def test_examples_without_a_value_are_said() -> None:
    found = sliced({"language": ["en", None, "en"]}, Slice("language"))
    assert {"language=en": (0, 2)} == found.indices
    assert ("1 of 3 evaluation examples have no value in column 'language', so they are in none of its slices",) == (
        found.notes
    )


@pytest.mark.parametrize(
    ("column", "part", "message"),
    [
        (
            ["en"],
            Slice("langage"),
            "the evaluation examples of task rte have no column 'langage': did you mean language?",
        ),
        (
            ["en"],
            Slice("language", "s", ("em",)),
            "slice 's' of task rte: no evaluation example has 'em' in *: accepted: en",
        ),
        (
            ["en"],
            Slice("language", "s", minimum=3),
            "slice 's' of task rte: min and max need numbers, and * holds 'en'",
        ),
        ([4, 9], Slice("language", "s", minimum=10), "slice 's' of task rte has no evaluation example: * from 4 to 9"),
        ([[1], [2]], Slice("language"), "column 'language' of task rte holds [[]1], and a slice needs one value"),
        (list(range(MAX_VALUES + 1)), Slice("language"), "column * has 101 values, more than the 100 *: name slices *"),
    ],
)
def test_what_is_not_there_is_refused(column: list[Any], part: Slice, message: str) -> None:
    from fnmatch import fnmatchcase

    with pytest.raises(DataError) as caught:
        sliced({"language": column}, part)
    assert fnmatchcase(str(caught.value), message)


def test_two_slices_of_one_name_are_refused() -> None:
    """A value with a name like that of another slice can only be seen in the data."""
    with pytest.raises(DataError, match="two slices named 'a=b=c'"):
        sliced({"a": ["b=c"], "a=b": ["c"]}, Slice("a"), Slice("a=b"))


def test_a_column_beside_the_texts_of_a_download(tmp_path: Path) -> None:
    """It is read from the evaluation split; an evaluation split without it is an error at collection."""
    folder = tmp_path / FORMATS["rte"].folder
    folder.mkdir()
    (folder / "train.tsv").write_text("sentence1\tsentence2\tlabel\na\tb\tentailment\n", "utf-8")
    (folder / "dev.tsv").write_text("sentence1\tsentence2\tgenre\tlabel\na\tb\tnews\tentailment\n", "utf-8")
    source, task = FolderSource(str(tmp_path)), replace(GLUE["rte"], slices=(Slice("genre"), Slice("label")))
    source.check(task)
    assert {"genre=news": (0,), "label=entailment": (0,)} == (
        sliced_examples(source.load(task)["validation"], task).indices
    )
    with pytest.raises(DataError, match="split 'validation' of task rte has no column 'genres'"):
        source.check(replace(task, slices=(Slice("genres"),)))


def test_numbers_may_be_missing() -> None:
    features = Features({"words": Value("float64")})
    split = Dataset.from_dict({"words": [1.0, None, float("nan"), 7.0]}, features)
    found = sliced_examples(split, replace(GLUE["rte"], slices=(Slice("words", "long", minimum=5),)))
    assert {"long": (3,)} == found.indices
    assert found.notes[0].startswith("2 of 4 evaluation examples have no value")
