"""The options of a search: the backend, the space, and where it is kept."""

from pathlib import Path
from typing import Any

import pytest

from pytest_glue.config.options import Options, OptionSource, combine
from pytest_glue.config.search_space import Choices, Numbers
from pytest_glue.core.errors import OptionError

BASE = Path("/base")


def read(*values: dict[str, Any]) -> Options:
    """Return the options of some places, the last of which is the strongest."""
    return combine([OptionSource("[tool.pytest_glue] {name}", each, BASE) for each in values])


def test_a_table_holds_backend_and_space() -> None:
    """`[tool.pytest_glue.search]` is the space; a backend may stand in it."""
    table = {"backend": "optuna", "learning_rate": {"low": 1e-5, "high": 1e-4}, "per_device_train_batch_size": [8, 16]}
    options = read({"search": table})
    assert "optuna" == options.search
    assert {
        "learning_rate": Numbers(1e-5, 1e-4),
        "per_device_train_batch_size": Choices((8, 16)),
    } == options.space


def test_a_flag_chooses_the_backend_and_keeps_the_space() -> None:
    """`--glue-search=ray` searches the table's space; `off` searches nothing, whatever the table says."""
    table = {"search": {"backend": "optuna", "learning_rate": [1e-5]}}
    assert ("ray", {"learning_rate"}) == ((options := read(table, {"search": "ray"})).search, set(options.space))
    assert read(table, {"search": "off"}).search is None


def test_places_add_to_the_space() -> None:
    """A marker's space adds to the table's, field by field."""
    space = read({"search": {"learning_rate": [1e-5]}}, {"search": {"weight_decay": [0.0]}}).space
    assert {"learning_rate", "weight_decay"} == set(space)


@pytest.mark.parametrize(
    ("value", "expected"), [("studies", "/base/studies"), ("sqlite:///a.db", "sqlite:///a.db")], ids=["folder", "url"]
)
def test_a_storage_is_a_folder_or_a_url(value: str, expected: str) -> None:
    """A folder starts from the place that named it; a URL is left as it is."""
    assert expected == read({"search_storage": value}).search_storage


@pytest.mark.parametrize("value", ["1", 1, 1.0])
def test_the_whole_is_a_fraction(value: Any) -> None:
    """A search may have all of the training data that is not held out."""
    assert 1.0 == read({"search_fraction": value}).search_fraction


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("search", "hyperopt", "'hyperopt' is no search backend; accepted: optuna, ray, or off"),
        ("search", {"learning_rate": {"low": 2.0, "high": 1.0}}, "low 2.0 is above high 1.0"),
        ("search", {"learning_rat": [1.0]}, "did you mean learning_rate"),
        ("trials", 0, "0: expected an integer of at least 1"),
        ("search_fraction", 0, "0: expected a fraction above 0 and at most 1"),
        ("search_fraction", "1.5", "'1.5': expected a fraction above 0 and at most 1"),
        ("search_fraction", True, "True: expected a fraction above 0 and at most 1"),
        ("search_split", "test", "'test': accepted are held-out and evaluation"),
        ("search_storage", "", "'' is not a path"),
        ("ray", {"cpus": 1}, "unknown key 'cpus'; accepted: address, num_cpus, num_gpus"),
        ("ray", "auto", "'auto' is no table; accepted: address"),
        ("ray", {"num_gpus": "one"}, "num_gpus = 'one': expected a number of at least 0"),
        ("ray", {"num_cpus": -1}, "num_cpus = -1: expected a number of at least 0"),
        ("ray", {"address": 8265}, "address = 8265: expected the address of a cluster"),
    ],
)
def test_what_is_not_accepted(name: str, value: Any, message: str) -> None:
    """Each mistake is named with its place, the value and what is accepted."""
    with pytest.raises(OptionError) as caught:
        read({name: value})
    assert str(caught.value).startswith("[tool.pytest_glue] ")
    assert message in str(caught.value)
