"""The fields of `transformers.TrainingArguments` with their types, read from the source of transformers.

To import the class takes seconds, since it imports torch; a misspelt recipe is refused before that, at collection.
"""

import ast
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pytest_glue.config.field_limits import check_limits
from pytest_glue.config.field_names import hint
from pytest_glue.config.values import integer, number
from pytest_glue.core.errors import MissingPackageError, OptionError, closest
from pytest_glue.core.recipe import RESERVED, RecipeValue
from pytest_glue.core.secrets import mask_value

_ENUMERATIONS = ("training_args.py", "trainer_utils.py", "debug_utils.py")
"""The files of transformers that define `TrainingArguments` and its enumerations."""
_CONTAINERS = {"List": "list", "Dict": "dict"}
_WORDS = {"bool": "true or false", "int": "an integer", "float": "a number", "list": "a list", "dict": "a table"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of `TrainingArguments`."""

    name: str
    types: frozenset[str]
    """Among bool, int, float, str, list, dict and None."""
    choices: tuple[str, ...]
    """The values of its enumeration; empty if it has none."""

    def parse(self, text: str) -> RecipeValue:
        """Return the value that a text of the command line stands for.

        Raises:
            OptionError: no type of the field has such a value.
        """
        word = text.lower()
        if "None" in self.types and word in ({"null"} if "str" in self.types else {"none", "null"}):
            return None
        if "bool" in self.types and word in {"true", "false"}:
            return word == "true"
        if self.types & {"int", "float"} and (whole := integer(text)) is not None:
            return self.check(whole)
        if "float" in self.types and math.isfinite(real := number(text)):
            return self.check(real)
        if self.types & {"list", "dict"} and text.startswith(("[", "{")):
            return self._structure(text)
        return self.check(text)

    def check(self, value: object) -> RecipeValue:
        """Return the value of a TOML table or a marker if the field accepts it.

        Raises:
            OptionError: it has another type, is not among the choices, or is outside the limits.
        """
        accepted = self.check_type(value)
        check_limits(self.name, accepted)
        return accepted

    def check_type(self, value: object) -> RecipeValue:
        """Return the value if the field accepts its type and, of several choices, the value itself.

        Raises:
            OptionError: it does not.
        """
        shown = mask_value(self.name, value)
        if isinstance(value, str) and self.choices and value not in self.choices:
            raise OptionError(f"{self.name}={shown!r}: {closest(value, self.choices)}")
        if not (isinstance(value, bool | int | float | str | list | dict | None) and self._accepts(value)):
            raise OptionError(f"{self.name}={shown!r}: expected {self.expected}")
        if type(value) in {int, float} and not math.isfinite(number(value)):
            raise OptionError(f"{self.name}={shown!r} is not a finite number")
        return value

    @property
    def expected(self) -> str:
        """The accepted values, in words."""
        words = [words for name, words in _WORDS.items() if name in self.types]
        if self.choices:
            words.append(f"one of {', '.join(self.choices)}")
        elif "str" in self.types:
            words.append("a string")
        return " or ".join(words) or "a Python object, which a recipe cannot hold: leave this field out"

    def _structure(self, text: str) -> RecipeValue:
        try:
            value: RecipeValue = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise OptionError(f"{self.name}={text[:100]!r} is not valid JSON: {error}") from None
        return self.check(value if self._accepts(value) else text)

    def _accepts(self, value: object) -> bool:
        name = "None" if value is None else type(value).__name__
        return name in self.types or (name == "int" and "float" in self.types)


@cache
def training_fields() -> Mapping[str, Field]:
    """Return the fields of the installed `TrainingArguments` by name.

    Raises:
        MissingPackageError: transformers is not installed.
    """
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        raise MissingPackageError("transformers is not installed: pip install transformers")
    folder = Path(spec.origin).parent
    modules = [ast.parse((folder / name).read_text(encoding="utf-8")) for name in _ENUMERATIONS]
    choices = {name: values for module in modules for name, values in _enumerations(module)}
    (arguments,) = (each for each in _classes(modules[0]) if each.name == "TrainingArguments")
    fields = [_field(node, choices) for node in arguments.body if isinstance(node, ast.AnnAssign)]
    return {field.name: field for field in fields if not field.name.startswith("_")}


def find_field(name: str) -> Field:
    """Return the field of that name.

    Raises:
        OptionError: the installed version has no such field, or a recipe cannot set it.
    """
    if name in RESERVED:
        raise OptionError(f"{name} is not part of a recipe: {RESERVED[name]}")
    fields = training_fields()
    if name not in fields:
        raise OptionError(f"TrainingArguments has no field {name!r}: {hint(name, set(fields) - set(RESERVED))}")
    return fields[name]


def _classes(module: ast.Module) -> Iterator[ast.ClassDef]:
    return (node for node in module.body if isinstance(node, ast.ClassDef))


def _enumerations(module: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in _classes(module):
        if any(isinstance(base, ast.Name) and base.id == "ExplicitEnum" for base in node.bases):
            members = [member.value for member in node.body if isinstance(member, ast.Assign)]
            yield node.name, tuple(str(value.value) for value in members if isinstance(value, ast.Constant))


def _field(node: ast.AnnAssign, choices: Mapping[str, tuple[str, ...]]) -> Field:
    assert isinstance(node.target, ast.Name)
    names = set(_names(node.annotation))
    values = tuple(value for name in sorted(names & set(choices)) for value in choices[name])
    types = {_CONTAINERS.get(name, name) for name in names - set(choices)} | ({"str"} if values else set())
    return Field(node.target.id, frozenset(types), values)


def _names(annotation: ast.expr) -> Iterator[str]:
    """Yield the types of a union, without the parameters of a list or a dict."""
    match annotation:
        case ast.Name(id=name):
            yield name
        case ast.Constant(value=None):
            yield "None"
        case ast.Constant(value=str() as quoted):
            yield from _names(ast.parse(quoted, mode="eval").body)
        case ast.BinOp(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            yield "None"
            yield from _names(inner)
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=members)):
            for member in members:
                yield from _names(member)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Constant(value=value)):
            yield type(value).__name__
        case ast.Subscript(value=ast.Name(id=name)):
            yield name
