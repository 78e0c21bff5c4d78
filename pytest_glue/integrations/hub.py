"""The hub: chosen files of a repository at a revision, from the local Hugging Face cache or from the network.

The only importer of `huggingface_hub`. `HF_HOME`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE` and the timeouts
(`HF_HUB_ETAG_TIMEOUT`, `HF_HUB_DOWNLOAD_TIMEOUT`) mean what they mean to that library.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from pytest_glue.core.errors import GlueError, HubError
from pytest_glue.core.paths import replace_file

Choose = Callable[[Sequence[str]], Sequence[str]]
"""Picks from the names of a repository's files, or raises what a user should read when they do not suffice."""


class Kind(StrEnum):
    """What a repository holds."""

    DATASET = "dataset"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at a revision, as asked for."""

    kind: Kind
    name: str
    revision: str | None = None
    """A branch, a tag or a full commit; None is the main branch."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f"@{self.revision}" if self.revision else "")

    @property
    def commit(self) -> str | None:
        """The commit, where the revision names one: then nothing needs to be asked."""
        return self.revision if re.fullmatch(r"[0-9a-f]{40}", self.revision or "") else None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The chosen files of a commit, all of them complete and on this machine."""

    folder: Path
    commit: str
    files: tuple[str, ...]
    """Paths in the folder, which can hold more: what was fetched for something else."""
    notes: tuple[str, ...] = ()
    """What a reader should know: that the hub could not be asked."""


def fetch(repository: Repository, choose: Choose) -> Snapshot:
    """Return the files that `choose` picks, downloading those that are not in the cache.

    No request is made for a full commit whose chosen files are in the cache. Otherwise one asks the hub for commit and
    file names; when it cannot be reached, what the cache holds of that revision is used if it is complete.

    Raises:
        HubError: the hub cannot be reached and the cache does not suffice, or it does not hold what was asked for.
        GlueError: what `choose` raises.
    """
    cache = _Cache(repository)
    commit = repository.commit
    if commit and (names := cache.names(commit)) and cache.holds(commit, chosen := tuple(choose(names))):
        return Snapshot(cache.folder(commit), commit, chosen)
    try:
        commit, names = _ask(repository)
    except _UnreachableError as outage:
        return _from_cache(repository, choose, outage)
    chosen = tuple(choose(names))
    for name in chosen:
        _download(repository, commit, name)
    cache.remember(commit, names)
    return Snapshot(cache.folder(commit), commit, chosen)


class _UnreachableError(Exception):
    """The hub did not answer; the message says why, in a few words."""


def _ask(repository: Repository) -> tuple[str, Sequence[str]]:
    """Return commit and file names with a single request, without retries and with the library's short timeout."""
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

    try:
        info = HfApi().repo_info(
            repository.name,
            repo_type=repository.kind.value,
            revision=repository.revision,
            timeout=constants.HF_HUB_ETAG_TIMEOUT,
        )
    except OfflineModeIsEnabled as error:
        raise _UnreachableError("HF_HUB_OFFLINE is set") from error
    except HFValidationError as error:
        raise HubError(f"{repository}: this is not a name that the hub accepts ({_line(error)})") from error
    except HfHubHTTPError as error:
        _refuse(repository, error)
        raise _UnreachableError(_line(error)) from error
    except _failures() as error:
        raise _UnreachableError(_line(error)) from error
    return str(info.sha), tuple(sibling.rfilename for sibling in getattr(info, "siblings", None) or ())


def _download(repository: Repository, commit: str, name: str) -> None:
    """Put one file into the cache, if it is not there; a download that is cut short is an error."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError

    try:
        hf_hub_download(repository.name, name, repo_type=repository.kind.value, revision=commit)
    except _failures() as error:
        if isinstance(error, EntryNotFoundError) and not isinstance(error, LocalEntryNotFoundError):
            raise HubError(f"{repository} has no file {name} at commit {commit[:7]}") from error
        if isinstance(error, HfHubHTTPError):
            _refuse(repository, error)
        message = (
            f"the download of {name} of {repository} did not finish ({_line(error)}): "
            "run again; what arrived whole is kept"
        )
        raise HubError(message) from error


def _refuse(repository: Repository, error: Exception) -> None:
    """Raise what an answer of the hub means to a user; return where it only means that the hub is out of order."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, RevisionNotFoundError):
        message = f"{repository}: there is no such revision; give a branch, a tag or a full commit"
    elif isinstance(error, GatedRepoError):
        message = f"{repository} is gated: ask for access on its page, then set HF_TOKEN or run `hf auth login`"
    elif isinstance(error, RepositoryNotFoundError) or status in {401, 403, 404}:
        message = (
            f"the hub has no {repository}, or it is private: "
            "check the name, or set HF_TOKEN (`hf auth login`) to an account that may read it"
        )
    else:
        return
    raise HubError(message) from error


def _from_cache(repository: Repository, choose: Choose, outage: _UnreachableError) -> Snapshot:
    cache = _Cache(repository)
    commit = repository.commit or cache.commit()
    if commit is None:
        _give_up(repository, outage, "is not in the cache")
    known = cache.names(commit)
    try:
        chosen = tuple(choose(known or cache.present(commit)))
    except GlueError as error:
        if known:
            raise
        _give_up(repository, outage, f"is not complete in the cache ({error})")
    if not cache.holds(commit, chosen):
        _give_up(repository, outage, "is not complete in the cache")
    note = f"the hub could not be asked ({outage}): {repository} is what the cache holds, commit {commit[:7]}"
    return Snapshot(cache.folder(commit), commit, chosen, (note,))


def _give_up(repository: Repository, outage: _UnreachableError, state: str) -> NoReturn:
    flag, thing = {
        Kind.DATASET: ("--glue-data", "data"),
        Kind.MODEL: ("--glue-checkpoints", "checkpoint"),
    }[repository.kind]
    message = (
        f"the hub cannot be reached ({outage}) and {repository} {state}. "
        f"Give `{flag}=FOLDER` for a local {thing}, or `{flag}=sample` for a synthetic one to try things out"
    )
    raise HubError(message) from outage


@dataclass(frozen=True, slots=True)
class _Cache:
    """What the cache holds of a repository, in the layout that `huggingface_hub` documents.

    A snapshot's folder holds the files that somebody fetched, which says nothing about those that are missing. So the
    names of a commit's files are kept beside it, and go with it when the repository is deleted from the cache.
    """

    repository: Repository

    def folder(self, commit: str) -> Path:
        """The snapshot of a commit."""
        return self._root / "snapshots" / commit

    def holds(self, commit: str, names: Sequence[str]) -> bool:
        """Whether all of the files are there; a file appears under its name only once it is complete."""
        return all((self.folder(commit) / name).is_file() for name in names)

    def present(self, commit: str) -> list[str]:
        """The names of the files that are there."""
        folder = self.folder(commit)
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def names(self, commit: str) -> Sequence[str]:
        """The names of all files of a commit, there or not; empty where that is not known."""
        try:
            return self._names_file(commit).read_text("utf-8").splitlines()
        except OSError:
            return ()

    def commit(self) -> str | None:
        """The commit that the revision was when somebody last asked; None where nobody has."""
        try:
            return self._ref_file.read_text("utf-8").strip() or None
        except OSError:
            return None

    def remember(self, commit: str, names: Sequence[str]) -> None:
        """Note a commit's file names, and that the revision is that commit."""
        with suppress(OSError):  # a cache that cannot be written to is only asked again
            replace_file(self._names_file(commit), "\n".join(names))
            if commit != self.repository.revision:
                replace_file(self._ref_file, commit)

    @property
    def _root(self) -> Path:
        from huggingface_hub import constants
        from huggingface_hub.file_download import repo_folder_name

        kind = self.repository.kind.value
        return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=self.repository.name, repo_type=kind)

    @property
    def _ref_file(self) -> Path:
        return self._root / "refs" / (self.repository.revision or "main")

    def _names_file(self, commit: str) -> Path:
        return self._root / ".pytest-glue" / f"{commit}.txt"


def _failures() -> tuple[type[Exception], ...]:
    """What a request can raise: the errors of requests before huggingface_hub 1.0, of httpx since, by their base.

    ValueError is an answer that is not JSON, as the login page of a hotel gives; RuntimeError comes out of hf_xet.
    """
    from huggingface_hub.errors import HfHubHTTPError

    return OSError, HfHubHTTPError.__bases__[0], ValueError, RuntimeError


def _line(error: Exception) -> str:
    """What an error says, or its type where that is nothing, or a story."""
    text = str(error).strip()
    return text.splitlines()[0] if 0 < len(text) <= 200 else type(error).__name__
