"""Storage of baselines: a folder for each name, with a file for each task and checkpoint."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.core.errors import BaselineError
from pytest_glue.core.formatting import count
from pytest_glue.core.paths import replace_file
from pytest_glue.gate.baseline import Baseline, decode_baseline, encode_baseline

if TYPE_CHECKING:
    from collections.abc import Collection

_SUFFIX = ".json"


def path_of(storage: Path, name: str, task: str, checkpoint: str) -> Path:
    """Return the path of an item's baseline.

    Args:
        storage: the folder of all baselines.
        name: of the baseline.
        task: the task's name.
        checkpoint: the checkpoint's id.
    """
    return storage / name / task / f"{checkpoint}{_SUFFIX}"


def find(storage: Path, name: str, task: str, checkpoint: str) -> Path:
    """Return the file to compare an item with.

    It is the file that `name` names, or the item's own file in the baseline of that name. If the candidate has another
    id than the recorded checkpoint, it is the only file of its task.

    Raises:
        BaselineError: there is no such file, or there are several and none is the item's own.
    """
    if name.endswith(_SUFFIX):
        file = Path(name).expanduser()
        if not file.is_file():
            raise BaselineError(f"there is no baseline file {name}")
        return file
    own = path_of(storage, name, task, checkpoint)
    if own.is_file():
        return own
    others = sorted(own.parent.glob(f"*{_SUFFIX}"))
    if len(others) == 1:
        return others[0]
    if others:
        listed = ", ".join(other.stem for other in others)
        raise BaselineError(
            f"baseline {name!r} has files of {listed} for {task}, but not of {checkpoint}: "
            f"name the file to compare with, as in --glue-compare={others[0]}"
        )
    recorded = sorted(each.name for each in storage.iterdir() if each.is_dir()) if storage.is_dir() else []
    known = f"baselines in {storage}: {', '.join(recorded)}" if recorded else f"no baseline is recorded in {storage}"
    raise BaselineError(f"baseline {name!r} has no file for {task}; {known}. Record it with --glue-save={name}")


def read(path: Path) -> Baseline:
    """Return the baseline in a file.

    Raises:
        BaselineError: the file cannot be read or is damaged; the message names it.
    """
    try:
        return decode_baseline(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BaselineError(f"baseline {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BaselineError(f"baseline {path} is damaged (not JSON: {error}): restore it or record it again") from None
    except BaselineError as error:
        raise BaselineError(f"baseline {path} cannot be used: {error}") from None


def write(path: Path, baseline: Baseline) -> str:
    """Replace the file and return a note for the reader: that it is new, or what changed.

    Raises:
        BaselineError: the file cannot be written; the old one is left as it was.
    """
    change = _change(path, baseline)
    try:
        replace_file(path, json.dumps(encode_baseline(baseline), indent=1, ensure_ascii=False, allow_nan=False) + "\n")
    except OSError as error:
        raise BaselineError(f"baseline {path} cannot be written: {error.strerror}") from error
    return change


def unused(storage: Path, name: str, used: "Collection[Path]") -> list[Path]:
    """Return the files of a baseline that no item was compared with."""
    if name.endswith(_SUFFIX):
        return []
    return [path for path in sorted((storage / name).glob(f"*/*{_SUFFIX}")) if path not in used]


def _change(path: Path, new: Baseline) -> str:
    if not path.is_file():
        return f"recorded {path}: {new.headline_metric} {new.score:.3f} of {count(len(new.runs), 'seed')}"
    try:
        old = read(path)
    except BaselineError:
        return f"recorded {path} in place of a damaged file: {new.headline_metric} {new.score:.3f}"
    facts = [f"{new.headline_metric} {old.score:.3f} -> {new.score:.3f}"]
    facts += [f"{len(old.runs)} -> {count(len(new.runs), 'seed')}"] if len(old.runs) != len(new.runs) else []
    facts += ["another checkpoint"] if old.checkpoint.digest != new.checkpoint.digest else []
    facts += ["other data"] if old.data_digest != new.data_digest else []
    facts += ["another recipe"] if old.recipe != new.recipe else []
    return f"recorded {path} again: {', '.join(facts)}"
