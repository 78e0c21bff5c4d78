"""A local hub server, and a fresh process that uses it."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def hub_module() -> Any:
    """The module `hub_server`, loaded by its path, since the tests are not a package."""
    spec = importlib.util.spec_from_file_location("hub_server", Path(__file__).with_name("hub_server.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hub_server(hub_module: Any) -> Iterator[Any]:
    """A hub without any repository."""
    server = hub_module.HubServer()
    yield server
    server.go_down()


@pytest.fixture
def hub(hub_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same hub, set as the endpoint of this process, with an empty cache and a short timeout.

    The library reads its environment variables once, at import, into the constants that are patched here.
    """
    from huggingface_hub import constants, file_download

    template = hub_server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", hub_server.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(file_download, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)  # before 1.0
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 1)
    return hub_server


@pytest.fixture
def python(hub_server: Any, tmp_path: Path) -> Callable[..., Any]:
    """Run code in a fresh process with the hub as its `HF_ENDPOINT`, and return its output, parsed as JSON."""

    def run(code: str, **variables: str) -> Any:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTEST_"))}
        theirs = {"HF_ENDPOINT": hub_server.url, "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_XET": "1"}
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=ours | theirs | variables, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
