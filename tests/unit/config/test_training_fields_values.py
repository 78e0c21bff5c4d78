"""A recipe's values: texts and typed values of each kind of field."""

import pytest

from pytest_glue.config.training_fields import Field, find_field
from pytest_glue.core.errors import OptionError
from pytest_glue.core.recipe import RecipeValue


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
    """A text of the command line is read as the narrowest of the field's types that it fits."""
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
    """The message has the key, the text and what the field takes, in words."""
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
    """A table's or a marker's value is never converted."""
    with pytest.raises(OptionError) as caught:
        field(*types).check(value)
    assert f"key={value!r}: expected {expected}" == str(caught.value)


def test_an_integer_is_a_number() -> None:
    """`num_train_epochs = 3` in a table means 3.0."""
    assert 3 == field("float").check(3)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_must_be_finite(value: float) -> None:
    """TOML can write nan and inf; no hyperparameter is one."""
    with pytest.raises(OptionError) as caught:
        field("float").check(value)
    assert f"key={value!r} is not a finite number" == str(caught.value)


def test_broken_json_is_said_to_be_broken() -> None:
    """What starts as a structure and is none is named with the place of the fault."""
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
def test_a_choice_that_is_not_there_is_refused(name: str, text: str, closest: str) -> None:
    """The installed version's choices are known, and the closest ones are offered."""
    with pytest.raises(OptionError) as caught:
        find_field(name).parse(text)
    assert str(caught.value).startswith(f"{name}={text!r}: {closest.removesuffix('?')}")


def test_choices_are_said_in_words() -> None:
    """A field with choices lists them where a value of another type is given."""
    with pytest.raises(OptionError) as caught:
        find_field("eval_strategy").check(5)
    assert "eval_strategy=5: expected one of no, steps, epoch" == str(caught.value)
