"""A local HTTP server with the part of the Hugging Face hub's protocol that `huggingface_hub` uses.

It serves what a test publishes, records every request, and can fail in the ways that the real hub can.
"""

import hashlib
import json
import re
import threading
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import huggingface_hub

RECORDS_FILES = hasattr(huggingface_hub, "get_cached_repo_tree")
"""Whether the library records which files a commit has, so that a cached commit needs no request."""


class Mode(Enum):
    """How the hub answers."""

    UP = auto()
    HANGING = auto()
    """Accept requests and never answer."""
    TRUNCATING = auto()
    """End the next download halfway, and fail from then on."""
    FAILING = auto()
    """Answer every request with a server error."""
    GATED = auto()
    """Demand a token with access."""


class HubServer:
    """Repositories by kind (`models` or `datasets`) and name; each publication is a commit."""

    def __init__(self) -> None:
        self.mode = Mode.UP
        self.requests: list[str] = []
        """Method and path of every request so far."""
        self._commits: dict[tuple[str, str, str], dict[str, bytes]] = {}
        self._refs: dict[tuple[str, str, str], str] = {}
        self._closing = threading.Event()
        self._server = self._listen(port=0)
        self._port = self._server.server_port

    @property
    def url(self) -> str:
        """The value for `HF_ENDPOINT`."""
        return f"http://127.0.0.1:{self._port}"

    def publish(self, kind: str, name: str, files: dict[str, bytes], branch: str = "main") -> str:
        """Make the files the newest commit of a branch, and return the commit."""
        commit = hashlib.sha256(repr((name, sorted(files.items()))).encode()).hexdigest()[:40]
        self._commits[kind, name, commit] = files
        self._refs[kind, name, branch] = commit
        return commit

    def go_down(self) -> None:
        """Refuse connections."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def come_up(self) -> None:
        """Listen again, at the same address."""
        self.mode = Mode.UP
        self._closing.clear()
        self._server = self._listen(self._port)

    def _listen(self, port: int) -> ThreadingHTTPServer:
        hub = self

        class Handler(_Handler):
            pass

        Handler.hub = hub
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return server

    def commit(self, kind: str, name: str, revision: str) -> str | None:
        """Return the commit of a revision; None if there is none."""
        return self._refs.get((kind, name, revision)) or (revision if (kind, name, revision) in self._commits else None)

    def has(self, kind: str, name: str) -> bool:
        """Return whether anything was published under the name."""
        return any((kind, name) == key[:2] for key in self._refs)

    def files(self, kind: str, name: str, commit: str) -> dict[str, bytes]:
        """Return the files of a commit."""
        return self._commits[kind, name, commit]

    def wait(self) -> None:
        """Wait until the hub goes down."""
        self._closing.wait()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")
        match self.hub.mode:
            case Mode.HANGING:
                self.hub.wait()
                self.close_connection = True
            case Mode.FAILING:
                self._error(501, "")
            case Mode.GATED:
                self._error(403, "GatedRepo")
            case _:
                self._route(self.path.partition("?")[0])

    def _route(self, path: str) -> None:
        if match := re.fullmatch(r"/api/(models|datasets)/(.+?)/tree/([^/]+)", path):
            self._tree(match[1], match[2], unquote(match[3]))
        elif match := re.fullmatch(r"/api/(models|datasets)/(.+?)(?:/revision/(.+))?", path):
            self._info(match[1], match[2], unquote(match[3] or "main"))
        elif match := re.fullmatch(r"/(datasets/)?(.+?)/resolve/([^/]+)/(.+)", path):
            self._file("datasets" if match[1] else "models", match[2], unquote(match[3]), unquote(match[4]))
        else:
            self._error(404, "")

    def _info(self, kind: str, name: str, revision: str) -> None:
        if commit := self._commit(kind, name, revision):
            siblings = [{"rfilename": file} for file in sorted(self.hub.files(kind, name, commit))]
            info = {"id": name, "sha": commit, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0}
            self._answer(json.dumps(info | {"private": False, "gated": False, "disabled": False}).encode(), {})

    def _tree(self, kind: str, name: str, revision: str) -> None:
        if commit := self._commit(kind, name, revision):
            files = self.hub.files(kind, name, commit).items()
            tree = [
                {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}  # noqa: S324
                for path, content in sorted(files)
            ]
            self._answer(json.dumps(tree).encode(), {})

    def _file(self, kind: str, name: str, revision: str, file: str) -> None:
        commit = self._commit(kind, name, revision)
        if commit and file not in self.hub.files(kind, name, commit):
            self._error(404, "EntryNotFound", {"X-Repo-Commit": commit})
        elif commit:
            content = self.hub.files(kind, name, commit)[file]
            etag = hashlib.sha256(content).hexdigest()
            self._answer(content, {"ETag": f'"{etag}"', "X-Repo-Commit": commit, "Accept-Ranges": "bytes"})

    def _commit(self, kind: str, name: str, revision: str) -> str | None:
        commit = self.hub.commit(kind, name, revision)
        if not self.hub.has(kind, name):
            self._error(401, "RepoNotFound")
        elif commit is None:
            self._error(404, "RevisionNotFound")
        return commit

    def _answer(self, content: bytes, headers: dict[str, str]) -> None:
        status, start = 200, 0
        if wanted := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            status, start = 206, int(wanted[1])
            headers |= {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        body = content[start:]
        self._headers(status, {**headers, "Content-Length": str(len(body))})
        if self.command == "GET" and self.hub.mode is Mode.TRUNCATING and "ETag" in headers:
            self.hub.mode = Mode.FAILING
            self.close_connection = True
            body = body[: len(body) // 2]
        if self.command == "GET":
            self.wfile.write(body)

    def _error(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self._headers(status, {"X-Error-Code": code, "X-Error-Message": code, "Content-Length": "0", **(headers or {})})

    def _headers(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing: tests read `requests`."""
