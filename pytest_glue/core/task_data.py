"""Where the examples of a user's own task come from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaskData:
    """A folder, files for each split, or a dataset on the hub: one of the three."""

    folder: str = ""
    """In one of the layouts of `--glue-data`, or with files such as train.csv; it holds this task only."""
    files: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The split and its files, for each split."""
    hub: str = ""
    """The id of a dataset, such as `owner/name`."""
    configuration: str = ""
    """Of the dataset on the hub; empty if it has one only."""
    revision: str = ""
    """Commit, tag or branch on the hub; empty for its main branch."""
