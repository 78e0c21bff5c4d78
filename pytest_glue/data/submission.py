"""The texts of the leaderboard's files that a model of a task predicts."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_glue.core.errors import DataError
from pytest_glue.core.leaderboard import LeaderboardFile, files_of, is_own
from pytest_glue.core.tasks import Task
from pytest_glue.data.schema import texts_by_index
from pytest_glue.data.source import DataSource, GlueSource

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict


def submission_identity(source: DataSource, task: Task) -> str:
    """Return a text that identifies the texts of all files; empty for a task that GLUE lacks. Imports no torch.

    Raises:
        DataError: the task's own texts are missing, or a file cannot be read.
        HubError: the hub cannot be reached and the data is not in the cache.
    """
    return " ".join(_identities(source, task))


def submission_texts(source: GlueSource, task: Task, data: "DatasetDict", where: str) -> Mapping[str, "Dataset"]:
    """Return the texts of each file, by its name, in the order of its rows.

    A file whose texts are not the task's own is left out if the data does not have them.

    Args:
        source: has the texts of other configurations.
        task: whose model predicts them.
        data: the raw splits of the task's configuration.
        where: they come from, for messages.

    Raises:
        DataError: the task's own texts are missing, or a text is.
        HubError: the hub cannot be reached and the data is not in the cache.
    """
    return dict(_texts(source, task, data, where))


def _texts(source: GlueSource, task: Task, data: "DatasetDict", where: str) -> Iterator[tuple[str, "Dataset"]]:
    for file in files_of(task):
        if file.texts.configuration != task.configuration:
            if _is_available(source, file):
                others = source.load_unlabelled(file.texts)
                yield file.name, texts_by_index(others, file.texts, source.description)
        elif is_own(file, task) or file.texts.unlabelled_split in data:
            yield file.name, texts_by_index(data, file.texts, where)


def _identities(source: DataSource, task: Task) -> Iterator[str]:
    for file in files_of(task):
        try:
            source.check_unlabelled(file.texts)
            yield f"{file.name} {source.unlabelled_identity(file.texts)}"
        except DataError:
            if is_own(file, task):
                raise


def _is_available(source: DataSource, file: LeaderboardFile) -> bool:
    with suppress(DataError):
        source.check_unlabelled(file.texts)
        return True
    return False


def encoded_files(encoded: Mapping[str, "Dataset"], task: Task) -> dict[str, "Dataset"]:
    """Return the encoded texts of each file that the value of `glue_encoded_data` has.

    Raises:
        DataError: the task's own file is missing, for example because the fixture is overridden.
    """
    found = {file.name: encoded[file.name] for file in files_of(task) if file.name in encoded}
    for file in files_of(task):
        if is_own(file, task) and file.name not in found:
            listed = ", ".join(sorted(encoded)) or "none"
            raise DataError(
                f"glue_encoded_data: --glue-submission predicts the split {file.name!r}, the encoded texts of task "
                f"{task.name}; there: {listed}. Return it too, or leave out --glue-submission"
            )
    return found
