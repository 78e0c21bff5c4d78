"""The fields of `TrainingArguments`, read from its source: compared with the class itself."""

import ast
import dataclasses
import enum
import json
import sys

import pytest
from transformers import TrainingArguments

from pytest_glue.config import training_fields as module
from pytest_glue.config.training_fields import Field, find_field, training_fields
from pytest_glue.core.errors import MissingPackageError, OptionError
from pytest_glue.core.recipe import RESERVED, RecipeValue

REAL = {field.name: field for field in dataclasses.fields(TrainingArguments) if not field.name.startswith("_")}
EVERY_FIELD = pytest.mark.parametrize("name", REAL)


def default_of(name: str) -> RecipeValue:
    """Return the field's own default as a recipe would hold it."""
    real = REAL[name]
    default = real.default if real.default_factory is dataclasses.MISSING else real.default_factory()
    value: RecipeValue = default.value if isinstance(default, enum.Enum) else default
    return value


def written(value: RecipeValue) -> str:
    """Return a value as a user writes it on the command line."""
    return value if isinstance(value, str) else json.dumps(value)


def test_every_field_is_found_and_no_other() -> None:
    """The source holds the fields that the class has, in their order."""
    assert list(REAL) == list(training_fields())


@EVERY_FIELD
def test_a_fields_own_default_is_accepted(name: str) -> None:
    """Each default of the installed version has the type that was read for its field, as a value and as a text."""
    field, default = training_fields()[name], default_of(name)
    assert default == field.check(default)
    assert default == field.parse(written(default))


def test_a_field_that_takes_an_object_says_so() -> None:
    """What no text stands for cannot be part of a recipe."""
    with pytest.raises(OptionError) as caught:
        find_field("parallelism_config").parse("{}")
    assert "parallelism_config='{}': expected an object, which a recipe cannot hold: leave it out" == str(caught.value)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved_fields_are_refused_with_what_to_do(name: str) -> None:
    """What the plugin sets itself is not a recipe's."""
    with pytest.raises(OptionError) as caught:
        find_field(name)
    assert f"{name} is not part of a recipe: {RESERVED[name]}" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "closest"),
    [("learning_rat", "did you mean learning_rate?"), ("num_train_epoch", "did you mean num_train_epochs?")],
)
def test_an_unknown_field_is_refused_with_the_closest(name: str, closest: str) -> None:
    """A misspelt key costs no fine-tuning."""
    with pytest.raises(OptionError) as caught:
        find_field(name)
    assert f"TrainingArguments has no field {name!r}: {closest}" == str(caught.value)


def test_transformers_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is not installed, the message has the install line."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPackageError) as caught:
        training_fields.__wrapped__()
    assert "transformers is not installed: pip install transformers" == str(caught.value)


def test_reserved_fields_are_not_offered() -> None:
    """The closest names are names that a recipe may set."""
    with pytest.raises(OptionError) as caught:
        find_field("do_training")
    assert "do_train" not in str(caught.value).partition(":")[2].replace("do_training", "")


@pytest.mark.parametrize(
    ("annotation", "types"),
    [
        ("int", {"int"}),
        ("Optional[int]", {"int", "None"}),
        ("Optional[Union[str, dict]]", {"str", "dict", "None"}),
        ("Union[int, float]", {"int", "float"}),
        ("Union[None, str, List[str]]", {"None", "str", "list"}),
        ("Optional[Union[dict[str, Any], str]]", {"dict", "str", "None"}),
        ("Optional[Literal['a']]", {"str", "None"}),
        ("Optional['list[str] | str']", {"list", "str", "None"}),
        ("int | None", {"int", "None"}),
        ("dict[str, int] | str | None", {"dict", "str", "None"}),
        ("Optional[Dict]", {"dict", "None"}),
        ("Union[Strategy, str]", {"str"}),
        ("Optional[Strategy]", {"str", "None"}),
    ],
)
def test_annotations_of_all_versions_are_read(annotation: str, types: set[str]) -> None:
    """`Optional` and `Union` of transformers 4.57, the bars of 5, quoted types and enumerations are understood."""
    node = ast.parse(f"name: {annotation}").body[0]
    assert isinstance(node, ast.AnnAssign)
    choices = ("no", "epoch") if "Strategy" in annotation else ()
    assert Field("name", frozenset(types), choices) == module._field(node, {"Strategy": ("no", "epoch")})
