"""Files of a Hugging Face repository at a revision, from the local cache or from the hub.

The only importer of `huggingface_hub`, whose environment variables apply: `HF_HOME`, `HF_ENDPOINT`, `HF_TOKEN`,
`HF_HUB_OFFLINE`, `HF_HUB_ETAG_TIMEOUT` and `HF_HUB_DOWNLOAD_TIMEOUT`.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pytest_glue.core.errors import GlueError, HubError, suggestion
from pytest_glue.core.paths import replace_file

Choose = Callable[[Sequence[str]], Sequence[str]]
"""Pick the needed files from the names of a repository's files, or raise a `GlueError` if one is missing."""


class Kind(StrEnum):
    """What a repository holds."""

    DATASET = "dataset"
    MODEL = "model"


_FLAGS = {Kind.DATASET: "--glue-data", Kind.MODEL: "--glue-checkpoints"}


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at a revision, as the user named it."""

    kind: Kind
    name: str
    revision: str | None = None
    """A branch, a tag or a full commit; None is the main branch."""
    option: str = ""
    """Where the user named it, for messages; empty for the flag of its kind."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f"@{self.revision}" if self.revision else "")

    @property
    def commit(self) -> str | None:
        """The revision if it is a full commit, else None."""
        return self.revision if re.fullmatch(r"[0-9a-f]{40}", self.revision or "") else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The chosen files of a commit on this machine, all of them complete."""

    folder: Path
    """Can hold more files than the chosen ones."""
    files: tuple[str, ...]
    """Paths relative to the folder."""
    notes: tuple[str, ...] = ()

    @property
    def commit(self) -> str:
        return self.folder.name

    @property
    def missing(self) -> list[str]:
        """The chosen files that are not there. A file gets its name only when its download is complete."""
        return [name for name in self.files if not (self.folder / name).is_file()]


def fetch(repository: Repository, choose: Choose) -> Snapshot:
    """Return the files that `choose` picks, after downloading those that are not in the cache.

    A full commit whose chosen files are cached needs no request. Otherwise one request asks the hub for the commit and
    its file names. If the hub cannot be reached, the cached files of the revision are used, if they are complete.

    Raises:
        HubError: the hub cannot be reached and the cache is not sufficient, or the hub does not have the files.
        GlueError: raised by `choose`.
    """
    if repository.commit and _recorded_names(repository):
        with suppress(_UnavailableError):
            return _from_cache(repository, choose)
    try:
        commit, names = _ask(repository)
    except _UnavailableError as outage:
        try:
            cached = _from_cache(repository, choose)
        except _UnavailableError as state:
            raise HubError(
                f"the hub cannot be reached ({outage}) and {repository} {state}. {_remedy(repository)}"
            ) from outage
        note = f"the hub could not be asked ({outage}): {repository} is the cached commit {cached.commit[:7]}"
        return replace(cached, notes=(note,))
    return _download(repository, commit, tuple(choose(names)))


def _remedy(repository: Repository) -> str:
    if repository.option:
        return f"Name a folder or files in {repository.option}"
    kind, flag = repository.kind, _FLAGS[repository.kind]
    return f"Give `{flag}=FOLDER` for a local {kind}, or `{flag}=sample` for a synthetic one to try things out"


class _UnavailableError(Exception):
    """The hub did not answer, or the cache does not hold the files; the message completes a sentence."""


def _ask(repository: Repository) -> tuple[str, list[str]]:
    """Return commit and file names with one request, without retries and with the library's short timeout."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import OfflineModeIsEnabled

    kind, timeout = repository.kind.value, constants.HF_HUB_ETAG_TIMEOUT
    try:
        info = HfApi().repo_info(repository.name, repo_type=kind, revision=repository.revision, timeout=timeout)
    except OfflineModeIsEnabled as error:
        raise _UnavailableError("HF_HUB_OFFLINE is set") from error
    except Exception as error:  # the errors of requests, httpx and JSON have no base class in common
        _raise_refusal(repository, error)
        raise _UnavailableError(_line(error)) from error
    return str(info.sha), [file.rfilename for file in getattr(info, "siblings", None) or ()]


def _download(repository: Repository, commit: str, files: tuple[str, ...]) -> Snapshot:
    """Download the files that are not in the cache.

    Raises:
        HubError: the download did not finish, or the hub lists a file that it does not have.
    """
    from huggingface_hub import snapshot_download

    kind = repository.kind.value
    try:
        folder = snapshot_download(repository.name, repo_type=kind, revision=commit, allow_patterns=list(files))
    except Exception as error:  # as above, and those of hf_xet
        _raise_refusal(repository, error)
        raise HubError(
            f"the download of {', '.join(files)} of {repository} did not finish ({_line(error)}): "
            "run again; files that are complete are not downloaded again"
        ) from error
    snapshot = Snapshot(Path(folder), files)
    if snapshot.missing:
        raise HubError(f"{repository} has no file {snapshot.missing[0]} at commit {commit[:7]}")
    if not repository.commit:
        # The library records a branch's commit only if it resolves the branch itself, with another request.
        with suppress(OSError):
            replace_file(snapshot.folder.parents[1] / "refs" / (repository.revision or "main"), commit)
    return snapshot


def _from_cache(repository: Repository, choose: Choose) -> Snapshot:
    """Return the chosen files of the cached revision.

    Raises:
        _UnavailableError: they are not all there.
        GlueError: raised by `choose` if the names of the repository's files are known.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    kind, revision = repository.kind.value, repository.revision
    try:
        # Without patterns, the library refuses a snapshot that lacks any file of the repository.
        found = snapshot_download(
            repository.name, repo_type=kind, revision=revision, local_files_only=True, allow_patterns=[]
        )
    except LocalEntryNotFoundError as error:
        raise _UnavailableError("is not in the cache") from error
    folder, names = Path(found), _recorded_names(repository)
    try:
        present = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        snapshot = Snapshot(folder, tuple(choose(names or sorted(present))))
    except GlueError as error:
        if names:
            raise
        raise _UnavailableError(f"is not complete in the cache ({error})") from error
    if snapshot.missing:
        raise _UnavailableError("is not complete in the cache")
    return snapshot


def _recorded_names(repository: Repository) -> list[str]:
    """Return the names of all files of the cached revision; empty if `snapshot_download` did not record them.

    Only these names show whether a cached snapshot is complete. huggingface_hub before 1.23 does not record them: then
    a cached commit costs one request, too.
    """
    try:
        from huggingface_hub import get_cached_repo_tree

        tree = get_cached_repo_tree(repository.name, repo_type=repository.kind.value, revision=repository.revision)
    except Exception:  # noqa: BLE001 - an older library, a revision that is not cached, a name that is not valid
        return []
    return [file.path for file in tree]


def _raise_refusal(repository: Repository, error: Exception) -> None:
    """Raise an error that explains the hub's refusal; return if the hub failed instead."""
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, HFValidationError):
        message = f"{repository}: the hub does not accept this name ({_line(error)})"
    elif isinstance(error, RevisionNotFoundError):
        message = f"{repository}: there is no such revision; give a branch, a tag or a full commit"
    elif isinstance(error, GatedRepoError):
        message = f"{repository} is gated: ask for access on its page, then set HF_TOKEN or run `hf auth login`"
    elif isinstance(error, RepositoryNotFoundError) or status in {401, 403, 404}:
        hint = ("" if repository.option else suggestion(repository.name, ["sample"])) or "check the name,"
        message = (
            f"the hub has no {repository}, or it is private: "
            f"{hint} or set HF_TOKEN (`hf auth login`) to an account that may read it"
        )
    else:
        return
    raise HubError(message) from error


def _line(error: Exception) -> str:
    """Return the first line of a short error message, or else the type of the error."""
    text = str(error).strip()
    return text.splitlines()[0] if 0 < len(text) <= 200 else type(error).__name__
