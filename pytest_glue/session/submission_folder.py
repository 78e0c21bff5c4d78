"""The folder of `--glue-submission`: the leaderboard's files and a zip of them for each checkpoint."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING

from pytest_glue.core.errors import GlueError, ReportError
from pytest_glue.core.paths import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_glue.core.evaluation import Evaluation

ZIP = "submission.zip"
SAMPLE = "CBOW.zip"
"""The leaderboard's sample submission, under the name that it is downloaded with."""


class SubmissionFolder:
    def __init__(self, path: Path | None) -> None:
        """Check that files can be written to the folder.

        Args:
            path: of the folder; None to write none.

        Raises:
            ReportError: they cannot.
        """
        self._path = path
        self.error: str | None = None
        """Why no submission was written; None if one was, or if none was asked for."""
        self.lines: list[str] = []
        """What the end of the test run says about it."""
        if path is not None:
            _check_writable(path)

    def write(self, evaluations: Iterable[Evaluation], n_checkpoints: int) -> None:
        """Write the submissions, if they were asked for. Never raise: it is the end of the test run.

        Args:
            evaluations: with the predictions.
            n_checkpoints: of the test run; of several, each has a subfolder with its id.
        """
        if self._path is None:
            return
        from pytest_glue.reports.submission import submissions

        try:
            found = submissions(evaluations, _sample(self._path / SAMPLE))
            for name, each in found.items():
                folder = self._path / name if max(n_checkpoints, len(found)) > 1 else self._path
                _write(folder, each.contents)
                self.lines += [f"submission to GLUE's leaderboard: {folder / ZIP}", *each.lines]
        except GlueError as error:
            self.error = f"no submission was written: {error}"
        except OSError as error:
            self.error = f"the submission in {str(self._path)!r} cannot be written: {error.strerror or error}"
        except (zipfile.BadZipFile, UnicodeDecodeError) as error:
            self.error = f"{self._path / SAMPLE} cannot be read as the leaderboard's sample submission: {error}"
        else:
            if not found:
                self.error = f"no submission was written to {str(self._path)!r}: no run predicted a test split of GLUE"


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{ZIP}.{os.getpid()}"  # workers check at the same time
        aside.touch()
        aside.unlink()
    except OSError as error:
        raise ReportError(
            f"the submission cannot be written to {str(folder)!r}: {error.strerror or error}; name a writable folder"
        ) from error


def _sample(path: Path) -> dict[str, str]:
    """Return the files of a zip by name, without their folders; empty if it does not exist."""
    if not path.is_file():
        return {}
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".tsv")]
        return {name.rpartition("/")[2]: archive.read(name).decode("utf-8") for name in names}


def _write(folder: Path, contents: Mapping[str, str]) -> None:
    """Write the files and the zip, which is equal for equal contents."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in contents.items():
            replace_file(folder / name, content)
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    replace_file(folder / ZIP, archive.getvalue())
