"""The file of the oldest versions names the lower bounds of `pyproject.toml`, which are tested together."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_TRIED = {"torch": "2.6"}
"""The lower bound of a package whose oldest version is gigabytes, so that the file has a newer one."""


def test_the_floors_are_the_lower_bounds() -> None:
    """Each package of the dependencies and extras of users is pinned to its lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [
        *project["dependencies"],
        *(each for name in ("completion", "optuna", "ray", "report", "xdist") for each in extras[name]),
    ]
    parts = [re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)$", each) for each in needed]
    bounds = {part[1]: part[2] for part in parts if part}
    assert len(needed) == len(bounds)
    lines = (ROOT / "constraints-floors.txt").read_text("utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))

    assert bounds.keys() == pinned.keys()
    differing = {name: bound for name, bound in bounds.items() if _parts(bound) != _parts(pinned[name])}
    assert NOT_TRIED == differing


def _parts(version: str) -> list[str]:
    """Return the parts of a version without the zeros at its end."""
    return re.sub(r"(\.0)+$", "", version).split(".")
