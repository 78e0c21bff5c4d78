"""A hub on this machine: as much of the Hugging Face hub's protocol as its real client libraries need.

It serves what a test publishes, notes every request, and can be out of order in the ways that the real one can.
"""

import hashlib
import json
import re
import threading
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote


class Mood(Enum):
    """How the hub answers."""

    UP = auto()
    HANGING = auto()
    """It takes requests and never answers."""
    CUTTING = auto()
    """It ends the next download halfway, and is out of order from then on."""
    OUT_OF_ORDER = auto()
    """It answers everything with an error of its own."""
    GATED = auto()
    """It wants a token with access."""


class HubServer:
    """Repositories by kind (`models` or `datasets`) and name; each publication is a commit."""

    def __init__(self) -> None:
        self.mood = Mood.UP
        self.requests: list[str] = []
        """Method and path of every request so far."""
        self._commits: dict[tuple[str, str, str], dict[str, bytes]] = {}
        self._refs: dict[tuple[str, str, str], str] = {}
        self._closing = threading.Event()
        self._server = self._listen(port=0)
        self._port = self._server.server_port

    @property
    def url(self) -> str:
        """What `HF_ENDPOINT` is set to."""
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
        self.mood = Mood.UP
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
        """The commit that a revision is; None where there is none."""
        return self._refs.get((kind, name, revision)) or (revision if (kind, name, revision) in self._commits else None)

    def has(self, kind: str, name: str) -> bool:
        """Whether anything was published under the name."""
        return any((kind, name) == key[:2] for key in self._refs)

    def files(self, kind: str, name: str, commit: str) -> dict[str, bytes]:
        """The files of a commit."""
        return self._commits[kind, name, commit]

    def wait(self) -> None:
        """Do not answer, until the hub goes down."""
        self._closing.wait()


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")
        match self.hub.mood:
            case Mood.HANGING:
                self.hub.wait()
                self.close_connection = True
            case Mood.OUT_OF_ORDER:
                self._error(501, "")
            case Mood.GATED:
                self._error(403, "GatedRepo")
            case _:
                self._route(self.path.partition("?")[0])

    def _route(self, path: str) -> None:
        if match := re.fullmatch(r"/api/(models|datasets)/(.+?)(?:/revision/(.+))?", path):
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
        if self.command == "GET" and self.hub.mood is Mood.CUTTING and "ETag" in headers:
            self.hub.mood = Mood.OUT_OF_ORDER
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
        """Nothing: a test looks at `requests`."""
