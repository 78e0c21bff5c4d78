"""The files of the leaderboard."""

import pytest

from pytest_glue.core.leaderboard import FILES, files_of, is_own
from pytest_glue.core.tasks import GLUE
from tests.glue_submission_checker import N_ROWS, WORDS


def test_names_and_numbers_of_rows() -> None:
    """Those that the leaderboard publishes."""
    assert list(N_ROWS.items()) == [(file.name, file.n_rows) for file in FILES]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_words(file: object) -> None:
    """Each class has the word of the leaderboard, and the words differ."""
    (found,) = (each for each in FILES if each is file)
    if found.texts.is_regression:
        assert ["0.000", "2.500", "5.000"] == [found.word(number) for number in (-1.0, 2.5, 9.0)]
    else:
        words = [found.word(float(number)) for number in range(found.texts.num_labels)]
        assert len(words) == len(set(words))
        assert WORDS.get(found.name, {"0", "1"}) == set(words)


def test_classes_have_the_hubs_order() -> None:
    """The leaderboard's 1 is the hub's class 1: acceptable, equivalent, duplicate, positive; in WNLI, entailment."""
    ones = {file.name: file.texts.labels[1] for file in FILES if not file.has_words and not file.texts.is_regression}
    expected = {"CoLA.tsv": "acceptable", "MRPC.tsv": "equivalent", "QQP.tsv": "duplicate", "SST-2.tsv": "positive"}
    assert expected | {"WNLI.tsv": "entailment"} == ones


def test_every_task_has_its_own_file_first() -> None:
    """Models of MNLI predict three files, all others one."""
    assert {name: 3 if name.startswith("mnli") else 1 for name in GLUE} == {
        name: len(files_of(task)) for name, task in GLUE.items()
    }
    assert all(is_own(files_of(task)[0], task) for task in GLUE.values())
    assert ["MNLI-mm.tsv", "AX.tsv", "MNLI-m.tsv"] == [file.name for file in files_of(GLUE["mnli-mm"])]
