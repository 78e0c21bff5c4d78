"""Storage of baselines: a folder for each name, with a file for each task and checkpoint."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_glue.core.errors import BaselineError, MissingBaselineError, closest
from pytest_glue.core.file_problems import file_problem
from pytest_glue.core.formatting import count
from pytest_glue.core.metrics import shown_metric
from pytest_glue.core.paths import local_path, replace_file
from pytest_glue.core.repository import commit
from pytest_glue.gate.baseline import Baseline
from pytest_glue.gate.baseline_codec import decode_baseline, encode_baseline

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


def find(storage: Path, name: str, task: str, checkpoint: str, others_of: "Collection[str]" = ()) -> Path:
    """Return the file to compare an item with.

    It is the file that `name` names, or the item's own file in the baseline of that name. If the candidate has another
    id than the recorded checkpoint, it is the only file of its task.

    Args:
        storage: the folder of all baselines.
        name: of the baseline, or the path of a file.
        task: the task's name.
        checkpoint: the checkpoint's id.
        others_of: the ids of checkpoints whose files are their own only.

    Raises:
        MissingBaselineError: there is no such file, or there are several and none is the item's own.
        BaselineError: a folder cannot be read.
    """
    try:
        return _found(storage, name, task, checkpoint, others_of)
    except OSError as error:
        raise BaselineError(f"the baselines in {storage} cannot be read: {error.strerror}") from error


def _found(storage: Path, name: str, task: str, checkpoint: str, others_of: "Collection[str]") -> Path:
    if name.endswith(_SUFFIX):
        file = local_path(name)
        if not _exists(file):
            raise MissingBaselineError(f"there is no baseline file {name}")
        return file
    own = path_of(storage, name, task, checkpoint)
    if _exists(own):
        return own
    others = sorted(path for path in own.parent.glob(f"*{_SUFFIX}") if path.stem not in others_of)
    if len(others) == 1:
        return others[0]
    if others:
        listed = ", ".join(other.stem for other in others)
        raise MissingBaselineError(
            f"baseline {name!r} has files of {listed} for {task}, but not of {checkpoint}: name the file to compare "
            f"with, as in --glue-compare={others[0]}, or give the checkpoint the role that was recorded, as in "
            f"--glue-checkpoints={others[0].stem}=CHECKPOINT"
        )
    recorded = names_in(storage)
    known = f"baselines in {storage}: {', '.join(recorded)}" if recorded else f"no baseline is recorded in {storage}"
    raise MissingBaselineError(
        f"baseline {name!r} has no file for {task}; {known}. Record it with --glue-save={name}, which leaves out items "
        "that fail, or choose with --glue-on-missing-baseline=save or skip what happens to a new item"
    )


def _exists(path: Path) -> bool:
    """Return whether something has this path; `read` says what is wrong with it."""
    return os.path.lexists(path)


def read(path: Path) -> Baseline:
    """Return the baseline in a file.

    Raises:
        BaselineError: the file cannot be read or is damaged; the message names it.
    """
    if problem := file_problem(path):
        remedy = "" if "git lfs" in problem else ": restore it or record it again"
        raise BaselineError(f"baseline {path} {problem}{remedy}")
    try:
        return decode_baseline(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BaselineError(f"baseline {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
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


def check_writable(path: Path) -> None:
    """Check that a baseline can be written, without writing anything.

    Raises:
        BaselineError: its name is too long, or its folder cannot be written.
    """
    folder = next(each for each in path.parents if _exists(each))
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        cause = f"its name has more than {_LONGEST_NAME} bytes; give the checkpoint a role, as in candidate=CHECKPOINT"
    elif not folder.is_dir():
        cause = f"{folder} is no folder"
    elif not os.access(folder, os.W_OK | os.X_OK):
        cause = f"{folder} is not writable"
    elif path.is_dir():
        cause = "it is a folder"
    else:
        return
    raise BaselineError(f"baseline {path} cannot be written: {cause}")


_LONGEST_NAME = 200
"""In bytes. File systems allow 255, of which the name of the temporary file takes some."""


def commit_of(storage: Path) -> "str | None":
    """Return the commit of the repository that the storage is in; None outside of a repository."""
    return commit(next(each for each in (storage, *storage.parents) if each.is_dir()))


def files_of(folder: Path) -> list[Path]:
    """Return the files in the folder of a baseline, sorted.

    Raises:
        BaselineError: the folder cannot be read.
    """
    try:
        return sorted(path for path in folder.glob(f"*/*{_SUFFIX}") if not path.name.startswith("."))
    except OSError as error:
        raise BaselineError(f"the baseline {folder} cannot be read: {error.strerror}") from error


def files_named(storage: Path, name: str) -> list[Path]:
    """Return the files of a baseline, or the one whose path is its name.

    Raises:
        BaselineError: there are none; the message has the names of those that are recorded.
    """
    if name.endswith(_SUFFIX):
        return [local_path(name)]
    files = files_of(storage / name)
    if not files:
        known = names_in(storage)
        hint = closest(name, known) if known else "none is recorded there"
        raise BaselineError(f"there is no baseline {name!r} in {storage}; {hint}")
    return files


def names_in(storage: Path) -> list[str]:
    """Return the names of the baselines in a storage, sorted; none if there is no such folder.

    Raises:
        BaselineError: the folder cannot be read.
    """
    try:
        folders = [each for each in storage.iterdir() if each.is_dir()] if storage.is_dir() else []
    except OSError as error:
        raise BaselineError(f"the baselines in {storage} cannot be read: {error.strerror}") from error
    return sorted(each.name for each in folders if files_of(each))


def unused(storage: Path, name: str, used: "Collection[Path]") -> list[Path]:
    """Return the files of a baseline that no item was compared with; none of a folder that cannot be read."""
    if name.endswith(_SUFFIX):
        return []
    try:
        return [path for path in files_of(storage / name) if path not in used]
    except BaselineError:  # the items report it as their error
        return []


def _change(path: Path, new: Baseline) -> str:
    if not _exists(path):
        return f"recorded {path}: {new.headline_metric} {_text(new)} of {count(len(new.runs), 'seed')}"
    try:
        old = read(path)
    except BaselineError:
        return f"recorded {path} in place of a damaged file: {new.headline_metric} {_text(new)}"
    facts = [f"{new.headline_metric} {_text(old)} -> {_text(new)}"]
    facts += [f"{len(old.runs)} -> {count(len(new.runs), 'seed')}"] if len(old.runs) != len(new.runs) else []
    facts += ["another checkpoint"] if old.checkpoint.digest != new.checkpoint.digest else []
    facts += ["other data"] if old.data_digest != new.data_digest else []
    facts += ["another recipe"] if old.recipe != new.recipe else []
    return f"recorded {path} again: {', '.join(facts)}{_caution(old, new)}"


def _text(baseline: Baseline) -> str:
    return shown_metric(baseline.headline_metric).text(baseline.score)


def _caution(old: Baseline, new: Baseline) -> str:
    """Return a warning about a better score of the same thing, as the end of a sentence; empty if there is none."""
    is_same = (old.checkpoint.digest, old.data_digest, old.recipe) == (
        new.checkpoint.digest,
        new.data_digest,
        new.recipe,
    )
    is_better = shown_metric(new.headline_metric).sign * (new.score - old.score) > 0
    if not is_same or not is_better or set(old.seeds) <= set(new.seeds):
        return ""
    return (
        ". Caution: the old one is of the same checkpoint, data and recipe. The best of several attempts is too high, "
        "so unchanged checkpoints fail more often than alpha says (the best of three: 9.1 % instead of 5 %). "
        "Record once, with more seeds"
    )
