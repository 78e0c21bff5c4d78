"""A user's own metrics: a Python function by its import path, or a metric of `evaluate` in a local file or folder."""

import ast
import hashlib
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import Any

from pytest_glue.core.errors import OptionError, closest
from pytest_glue.core.metrics import METRICS, Metric
from pytest_glue.core.paths import user_path
from pytest_glue.core.tasks import Kind

_ATTRIBUTES: Mapping[str, Any] = {"greater_is_better": True, "low": -inf, "high": inf, "needs_probabilities": False}
"""What a function, or the module of an `evaluate` metric, can say about itself, and what holds if it does not."""
_KINDS = (Kind.CLASSIFICATION, Kind.REGRESSION)


def know_metrics(names: Iterable[str], base: Path) -> None:
    """Add the user's own metrics among these to `METRICS`, as they are now. Other names are left alone.

    Args:
        names: of metrics: `MODULE:FUNCTION`, or the path of a folder or a .py file.
        base: the folder that relative paths start from, and that modules can be imported from.

    Raises:
        OptionError: there is no such function or file, or it describes itself wrongly.
    """
    for name in names:
        if is_path(name):
            METRICS[name] = _of_file(name, base)
        elif ":" in name:
            METRICS[name] = _of_function(name, base)


def share_metrics(metrics: Iterable[Metric]) -> None:
    """Add own metrics that another process knows to `METRICS`."""
    METRICS.update({metric.name: metric for metric in metrics if metric.source})


def is_path(name: str) -> bool:
    """Return whether the name of a metric is the path of an `evaluate` metric."""
    return name.endswith(".py") or "/" in name or "\\" in name


def function_of(metric: Metric) -> Callable[..., Any]:
    """Return the Python function of an own metric, imported from where it was found.

    Raises:
        OptionError: it cannot be imported.
    """
    return _imported(metric.name, Path(metric.source))


def _of_function(name: str, base: Path) -> Metric:
    function = _imported(name, base)
    module = sys.modules[name.partition(":")[0]]
    file = getattr(module, "__file__", None)
    given = {each: getattr(function, each) for each in _ATTRIBUTES if hasattr(function, each)}
    return _metric(name, str(base), Path(file) if file else None, given)


def _imported(name: str, base: Path) -> Callable[..., Any]:
    module_name, _, attribute = name.partition(":")
    accepted = "accepted: MODULE:FUNCTION, as in my_package.metrics:cost"
    is_added = str(base) not in sys.path
    if is_added:
        sys.path.append(str(base))
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # a module can raise anything
        cause = f"{type(error).__name__}: {' '.join(str(error).split())}"
        where = f"importable, or in {base}"
        raise OptionError(f"the metric {name!r} cannot be imported: {cause}; {accepted}, {where}") from error
    finally:
        if is_added:
            with suppress(ValueError):
                sys.path.remove(str(base))
    if not hasattr(module, attribute):
        functions = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
        raise OptionError(f"the metric {name!r}: {module_name} has no {attribute!r}: {closest(attribute, functions)}")
    function = getattr(module, attribute)
    if not callable(function):
        raise OptionError(f"the metric {name!r} is a {type(function).__name__} and no function; {accepted}")
    return function  # type: ignore[no-any-return]


def _of_file(name: str, base: Path) -> Metric:
    path = (base / user_path(name)).absolute()
    file = path / f"{path.name}.py" if path.is_dir() else path
    if not file.is_file():
        accepted = "accepted: a .py file, or a folder with a .py file of its name, as `evaluate.load` reads it"
        raise OptionError(f"the metric {name!r}: there is no file {file}; {accepted}")
    try:
        module = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise OptionError(f"the metric {name!r}: {file} is not Python: {error}") from None
    return _metric(name, str(path), file, _assigned(module))


def _assigned(module: ast.Module) -> dict[str, Any]:
    """Return the attributes that a module assigns plain values to; the module is not run."""
    found = {}
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _ATTRIBUTES:
                with suppress(ValueError):
                    found[name] = ast.literal_eval(value)
    return found


def _metric(name: str, source: str, file: Path | None, given: Mapping[str, Any]) -> Metric:
    """Return a metric with what it says about itself.

    Raises:
        OptionError: a value is not accepted.
    """
    says = {**_ATTRIBUTES, **given}
    for each in ("greater_is_better", "needs_probabilities"):
        if not isinstance(says[each], bool):
            raise OptionError(f"the metric {name!r}: {each} is {says[each]!r}; accepted: True or False")
    ends = says["low"], says["high"]
    is_range = all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends) and ends[0] < ends[1]
    if not is_range:
        raise OptionError(f"the metric {name!r}: low is {ends[0]!r} and high {ends[1]!r}; accepted: two rising numbers")
    kinds = (Kind.CLASSIFICATION,) if says["needs_probabilities"] else _KINDS
    return Metric(
        name,
        float(ends[0]),
        float(ends[1]),
        greater_is_better=says["greater_is_better"],
        needs_probabilities=says["needs_probabilities"],
        kinds=kinds,
        source=source,
        digest=hashlib.sha256(file.read_bytes()).hexdigest() if file and file.is_file() else "",
    )
