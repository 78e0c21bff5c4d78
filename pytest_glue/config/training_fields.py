"""The fields of `transformers.TrainingArguments` with their types, read from its source without importing it.

Importing it costs seconds (it imports torch); a misspelt recipe should be refused before that, and at collection.
"""

import ast
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pytest_glue.core.errors import MissingPackageError, OptionError, closest
from pytest_glue.core.recipe import RESERVED, RecipeValue

_ENUMERATIONS = ("training_args.py", "trainer_utils.py", "debug_utils.py")
_CONTAINERS = {"list": "list", "List": "list", "dict": "dict", "Dict": "dict"}
_WORDS = {"bool": "true or false", "int": "an integer", "float": "a number", "list": "a list", "dict": "a table"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of `TrainingArguments`."""

    name: str
    types: frozenset[str]
    """Among bool, int, float, str, list, dict and None."""
    choices: tuple[str, ...]
    """The values of its enumeration; empty where the field is none."""

    def parse(self, text: str) -> RecipeValue:
        """Return the value that a command line's text stands for.

        Raises:
            OptionError: the text stands for no value of the field's types.
        """
        if "None" in self.types and text.lower() in ({"null"} if "str" in self.types else {"none", "null"}):
            return None
        if "bool" in self.types and text.lower() in {"true", "false"}:
            return text.lower() == "true"
        for convert in (self._integer, self._number, self._structure):
            value = convert(text)
            if value is not None:
                return value
        return self.check(text)

    def check(self, value: object) -> RecipeValue:
        """Return a typed value, as a TOML table or a marker holds it, if the field takes it.

        Raises:
            OptionError: it is of another type, or not among the choices.
        """
        if isinstance(value, str) and self.choices and value not in self.choices:
            message = f"{self.name}={value!r}: {closest(value, self.choices)}"
            raise OptionError(message)
        if isinstance(value, float) and not math.isfinite(value):
            message = f"{self.name}={value!r} is not a finite number"
            raise OptionError(message)
        if isinstance(value, bool | int | float | str | list | dict | None) and self._types(value) & self.types:
            return value
        message = f"{self.name}={value!r}: expected {self.expected}"
        raise OptionError(message)

    @property
    def expected(self) -> str:
        """What the field takes, in words."""
        words = [_WORDS[name] for name in ("bool", "int", "float", "list", "dict") if name in self.types]
        if self.choices:
            words.append(f"one of {', '.join(self.choices)}")
        elif "str" in self.types:
            words.append("a string")
        return " or ".join(words) or "an object, which a recipe cannot hold: leave it out"

    def _integer(self, text: str) -> int | None:
        try:
            return int(text) if "int" in self.types or "float" in self.types else None
        except ValueError:
            return None

    def _number(self, text: str) -> float | None:
        try:
            value = float(text) if "float" in self.types else math.nan
        except ValueError:
            return None
        return value if math.isfinite(value) else None

    def _structure(self, text: str) -> list[object] | dict[str, object] | None:
        if not self.types & {"list", "dict"} or text[:1] not in ("[", "{"):
            return None
        try:
            value = json.loads(text)
        except ValueError as error:
            message = f"{self.name}={text!r} is not valid JSON: {error}"
            raise OptionError(message) from None
        return value if self._types(value) & self.types else None

    @staticmethod
    def _types(value: object) -> frozenset[str]:
        if value is None:
            return frozenset({"None"})
        name = type(value).__name__
        return frozenset({"int", "float"}) if name == "int" else frozenset({name})


@cache
def training_fields() -> Mapping[str, Field]:
    """Return the fields of the installed `TrainingArguments` by name.

    Raises:
        MissingPackageError: transformers is not installed.
    """
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        message = "transformers is not installed: pip install transformers"
        raise MissingPackageError(message)
    folder = Path(spec.origin).parent
    modules = [ast.parse((folder / name).read_text(encoding="utf-8")) for name in _ENUMERATIONS]
    choices = {name: values for module in modules for name, values in _enumerations(module)}
    arguments = next(
        node for node in modules[0].body if isinstance(node, ast.ClassDef) and node.name == "TrainingArguments"
    )
    fields = [_field(node, choices) for node in arguments.body if isinstance(node, ast.AnnAssign)]
    return {field.name: field for field in fields if not field.name.startswith("_")}


def find_field(name: str) -> Field:
    """Return the field of that name, if a recipe may set it.

    Raises:
        OptionError: there is none in the installed version, or it is not the recipe's to set.
    """
    if name in RESERVED:
        message = f"{name} is not part of a recipe: {RESERVED[name]}"
        raise OptionError(message)
    fields = training_fields()
    if name not in fields:
        message = f"TrainingArguments has no field {name!r}: {closest(name, set(fields) - set(RESERVED))}"
        raise OptionError(message)
    return fields[name]


def _enumerations(module: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in module.body:
        bases = {base.id for base in node.bases if isinstance(base, ast.Name)} if isinstance(node, ast.ClassDef) else ()
        if isinstance(node, ast.ClassDef) and "ExplicitEnum" in bases:
            members = [member.value for member in node.body if isinstance(member, ast.Assign)]
            yield node.name, tuple(str(value.value) for value in members if isinstance(value, ast.Constant))


def _field(node: ast.AnnAssign, choices: Mapping[str, tuple[str, ...]]) -> Field:
    assert isinstance(node.target, ast.Name)
    names = set(_names(node.annotation))
    values = tuple(value for name in sorted(names & set(choices)) for value in choices[name])
    types = {_CONTAINERS.get(name, name) for name in names - set(choices)} | ({"str"} if values else set())
    return Field(node.target.id, frozenset(types), values)


def _names(annotation: ast.expr) -> Iterator[str]:
    """Yield the names of a union's members, without the parameters of a list or a dict."""
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
