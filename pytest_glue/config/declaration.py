"""How options are declared: an attribute of a class holds all that is known about an option."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, dataclass_transform

from pytest_glue.config.parse_context import ParseContext

Affects = Literal["item", "run", "verdict", "search", "machine", "report", "output"]
"""What an option changes:

- item: which items or runs there are; the cache key has a field for each of these options.
- run: the result of a run; the cache key holds these options under `options`.
- verdict: how runs are judged or recorded; cached runs stay valid.
- search: the hyperparameter search; runs that follow one are not cached.
- machine: where and when runs are computed; shards of one test run may differ in it.
- report: what reports show; cached runs and verdicts stay valid.
- output: which files are written; the JSON report leaves it out.
"""


class Option:
    """The declaration of an option; its name is that of the attribute."""

    name: str
    annotation: str
    """The type of the attribute, as it is written."""
    metavar: str | None
    """Of the flag; empty for a flag without a value, None for an option that only tables and markers can set."""
    description: str
    affects: Affects
    default: Any
    """As a user would write it; None if the option is unset by default."""
    repeatable: bool
    """Whether the flag can be repeated, and the ini key takes a list of lines."""
    parser: str
    """The name of a function in `config.parsers`; empty for the function with the name of the option.

    If there is none, the option is a choice among the members of its type.
    """

    def __init__(self, **declared: Any) -> None:
        vars(self).update(declared)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name, self.annotation = name, str(owner.__annotations__[name])

    def parse(self, value: Any, context: ParseContext) -> Any:
        """Return the value of the option.

        Args:
            value: a text, a list of texts or a typed value.
            context: of the source of the value.

        Raises:
            GlueError: the value is not accepted.
        """
        from pytest_glue.config import parsers  # every pytest run loads this module, and few parse an option

        parser = getattr(parsers, self.parser or self.name, None)
        return parser(value, context) if parser else parsers.choice(self.annotation, value)

    def default_value(self) -> Any:
        """Return the parsed default."""
        return None if self.default is None else self.parse(self.default, ParseContext(Path()))


def option(
    metavar: str | None,
    description: str,
    *,
    affects: Affects,
    default: Any,
    repeatable: bool = False,
    parser: str = "",
) -> Any:
    """Declare an option, as the value of a class attribute. A test compares its type with the type that is parsed."""
    kind = {"affects": affects, "default": default, "repeatable": repeatable, "parser": parser}
    return Option(metavar=metavar, description=description, **kind)


def declared_options(cls: type) -> dict[str, Option]:
    """Return the options that a class declares, by name."""
    return {name: each for name, each in vars(cls).items() if isinstance(each, Option)}


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(option,))
class FrozenOptions:
    """A frozen value with an attribute for each declared option.

    Type checkers treat a subclass as a frozen dataclass. It is not one, because making a dataclass of 30 fields takes
    longer than loading the rest of the plugin.
    """

    def __init__(self, **given: Any) -> None:
        options = declared_options(type(self))
        if unknown := given.keys() - options.keys():
            raise TypeError(f"unknown options: {', '.join(sorted(unknown))}")
        defaults = {name: each.default_value() for name, each in options.items() if name not in given}
        vars(self).update(defaults | given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrozenOptions) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"options are frozen: make a copy with replace({name}=...)")

    def replace(self, **changes: Any) -> Self:
        """Return a copy with other values of some options."""
        return type(self)(**{**vars(self), **changes})


def plain(value: Any) -> Any:
    """Return an option's value as JSON holds it, without secrets."""
    match value:
        case None | bool() | int() | float():
            return value
        case list() | tuple():
            return [plain(each) for each in value]
        case Mapping():
            return {
                ":".join(filter(None, key)) if isinstance(key, tuple) else key or "": plain(each)
                for key, each in value.items()
            }
    from pytest_glue.core.secrets import mask

    return value.plain() if hasattr(value, "plain") else mask(str(value))
