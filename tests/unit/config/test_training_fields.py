"""Fields of `TrainingArguments`: read from the source, compared with the class itself."""

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
    """The fields have the order of the class."""
    assert list(REAL) == list(training_fields())


@EVERY_FIELD
def test_a_fields_own_default_is_accepted(name: str) -> None:
    """The type that is read from the source accepts the default, as a value and as a text."""
    field, default = training_fields()[name], default_of(name)
    assert default == field.check(default)
    assert default == field.parse(written(default))


def test_a_field_that_takes_an_object_is_refused() -> None:
    """No text or table can hold the object."""
    with pytest.raises(OptionError) as caught:
        find_field("parallelism_config").parse("{}")
    assert "parallelism_config='{}': expected a Python object, which a recipe cannot hold: leave this field out" == str(
        caught.value
    )


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved_fields_are_refused_with_what_to_do(name: str) -> None:
    """The plugin sets these fields."""
    with pytest.raises(OptionError) as caught:
        find_field(name)
    assert f"{name} is not part of a recipe: {RESERVED[name]}" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "closest"),
    [("learning_rat", "did you mean learning_rate?"), ("num_train_epoch", "did you mean num_train_epochs?")],
)
def test_an_unknown_field_is_refused_with_the_closest(name: str, closest: str) -> None:
    with pytest.raises(OptionError) as caught:
        find_field(name)
    assert f"TrainingArguments has no field {name!r}: {closest}" == str(caught.value)


def test_transformers_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the install command."""
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingPackageError) as caught:
        training_fields.__wrapped__()
    assert "transformers is not installed: pip install transformers" == str(caught.value)


def test_reserved_fields_are_not_offered() -> None:
    """The message offers only fields that a recipe may set."""
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
    """Transformers 4.57 writes `Optional` and `Union`, 5 writes `|`; some types are quoted, some are enumerations."""
    node = ast.parse(f"name: {annotation}").body[0]
    assert isinstance(node, ast.AnnAssign)
    choices = ("no", "epoch") if "Strategy" in annotation else ()
    assert Field("name", frozenset(types), choices) == module._field(node, {"Strategy": ("no", "epoch")})


def field(*types: str, choices: tuple[str, ...] = ()) -> Field:
    """Return a field of these types."""
    return Field("key", frozenset(types), choices)


@pytest.mark.parametrize(
    ("types", "text", "expected"),
    [
        (("int",), "5", 5),
        (("int",), "-1", -1),
        (("float",), "5", 5),
        (("float",), "2e-5", 2e-5),
        (("int", "float"), "0.5", 0.5),
        (("bool",), "True", True),
        (("bool", "str"), "false", False),
        (("bool", "str"), "full", "full"),
        (("str",), "5", "5"),
        (("int", "str"), "5", 5),
        (("str", "None"), "none", "none"),
        (("str", "None"), "null", None),
        (("int", "None"), "None", None),
        (("list", "str"), '["a", "b"]', ["a", "b"]),
        (("dict", "str"), '{"a": 1}', {"a": 1}),
        (("dict", "str"), "path.json", "path.json"),
    ],
)
def test_a_text_becomes_the_fields_type(types: tuple[str, ...], text: str, expected: RecipeValue) -> None:
    """A text is read as the narrowest type of the field that it fits."""
    value = field(*types).parse(text)
    assert (type(expected), expected) == (type(value), value)


@pytest.mark.parametrize(
    ("types", "text", "expected"),
    [
        (("int",), "1.5", "an integer"),
        (("int",), "1e3", "an integer"),
        (("int",), "", "an integer"),
        (("float",), "fast", "a number"),
        (("float",), "nan", "a number"),
        (("float",), "inf", "a number"),
        (("bool",), "yes", "true or false"),
        (("bool",), "1", "true or false"),
        (("int", "None"), "nothing", "an integer"),
        (("list",), '{"a": 1}', "a list"),
        (("dict",), "[1]", "a table"),
        (("bool", "int", "float", "list", "dict"), "x", "true or false or an integer or a number or a list or a table"),
    ],
)
def test_a_text_of_another_type_is_refused(types: tuple[str, ...], text: str, expected: str) -> None:
    """The message has field, text and accepted types."""
    with pytest.raises(OptionError) as caught:
        field(*types).parse(text)
    assert f"key={text!r}: expected {expected}" == str(caught.value)


@pytest.mark.parametrize(
    ("types", "value", "expected"),
    [
        (("int",), 5.0, "an integer"),
        (("int",), True, "an integer"),
        (("float",), "0.1", "a number"),
        (("bool",), 1, "true or false"),
        (("str",), 5, "a string"),
        (("str",), None, "a string"),
        (("list", "str"), {"a": 1}, "a list or a string"),
        (("int",), {1, 2}, "an integer"),
    ],
)
def test_a_typed_value_of_another_type_is_refused(types: tuple[str, ...], value: object, expected: str) -> None:
    """Values of tables and markers are never converted."""
    with pytest.raises(OptionError) as caught:
        field(*types).check(value)
    assert f"key={value!r}: expected {expected}" == str(caught.value)


def test_an_integer_is_a_number() -> None:
    """`num_train_epochs = 3` in a table means 3.0."""
    assert 3 == field("float").check(3)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_must_be_finite(value: float) -> None:
    """TOML has nan and inf."""
    with pytest.raises(OptionError) as caught:
        field("float").check(value)
    assert f"key={value!r} is not a finite number" == str(caught.value)


def test_broken_json_is_refused() -> None:
    """The message has the position of the fault."""
    with pytest.raises(OptionError) as caught:
        field("dict", "str").parse('{"a": }')
    assert "key='{\"a\": }' is not valid JSON: Expecting value: line 1 column 7 (char 6)" == str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "closest"),
    [
        ("eval_strategy", "epochs", "did you mean epoch?"),
        ("lr_scheduler_type", "cosin", "did you mean cosine?"),
        ("eval_strategy", "whenever", "accepted: epoch, no, steps"),
    ],
)
def test_an_unknown_choice_is_refused(name: str, text: str, closest: str) -> None:
    """The message offers the closest choices of the installed version, or all."""
    with pytest.raises(OptionError) as caught:
        find_field(name).parse(text)
    assert str(caught.value).startswith(f"{name}={text!r}: {closest.removesuffix('?')}")


def test_a_value_of_another_type_is_answered_with_the_choices() -> None:
    with pytest.raises(OptionError) as caught:
        find_field("eval_strategy").check(5)
    assert "eval_strategy=5: expected one of no, steps, epoch" == str(caught.value)
