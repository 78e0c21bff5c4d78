"""The dataset of a result, as others can find it: no path of this machine is part of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_glue.core.tasks import GLUE
from pytest_glue.data.hub import DATASET, REVISION

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a task was evaluated on; None where it is not known, or not on the hub."""

    name: str
    """For people."""
    hub_id: str | None = None
    """Of the dataset on the hub; None for data that is not there."""
    configuration: str | None = None
    revision: str | None = None
    """A commit."""
    split: str | None = None


def dataset_of(task: str, source: str, options: Mapping[str, Any]) -> Dataset:
    """Return the dataset of a result.

    Args:
        task: the name of its task.
        source: its `data`: on the hub, an id with a short revision; else a folder or files.
        options: of the report.
    """
    own = options.get("task", {}).get(task)
    if own is not None:
        return _of_own_task(task, source, own)
    if task not in GLUE:  # a fixture of the user made it
        return Dataset(task)
    name, split = f"GLUE {task.upper()}", GLUE[task].evaluation_split
    if not source.startswith(f"{DATASET}@"):
        return Dataset(name, split=split)
    revisions = (REVISION, str(options["data"]).partition("@")[2])
    return Dataset(name, DATASET, GLUE[task].configuration, _commit(source, revisions), split)


def _of_own_task(task: str, source: str, own: Mapping[str, Any]) -> Dataset:
    data = own.get("data") or {}
    # A part of the training split has no name that others know.
    split = own.get("evaluation_split") if own.get("evaluation_fraction") is None else None
    hub_id = data.get("hub")
    if not hub_id or not source.startswith(hub_id):
        return Dataset(task, split=split)
    commit = _commit(source, (data.get("revision") or "",))
    return Dataset(hub_id, hub_id, data.get("configuration") or None, commit, split)


def _commit(source: str, known: tuple[str, ...]) -> str | None:
    """Return the commit that the short revision of a source begins; None if no known revision does."""
    found = re.search(r"@([0-9a-f]{7})\b", source)
    whole = (revision for revision in known if _COMMIT.fullmatch(revision))
    return next((revision for revision in whole if found and revision.startswith(found[1])), None)
