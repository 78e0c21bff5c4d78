"""Where commands write to."""

import io
import os
import sys
from pathlib import Path

import pytest

from pytest_glue.cli import main
from pytest_glue.history.storage import HistoryFile
from tests.factories import make_record


@pytest.mark.parametrize("command", ["tasks rte --data=sample", "cache show", "baselines list", "init --yes"])
@pytest.mark.parametrize("buffering", [-1, 1])
def test_a_reader_that_has_seen_enough(
    command: str, buffering: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in `pytest-glue tasks | head -1`: neither a traceback nor a message."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_GLUE_CACHE", str(tmp_path / "cache"))
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", buffering, "utf-8") as output, monkeypatch.context() as patched:  # noqa: PTH123
        patched.setattr(sys, "stdout", output)
        assert 141 == main(command.split())
    assert "" == capsys.readouterr().err


def test_an_encoding_that_lacks_a_character(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Escapes stand for it, as on standard error."""
    HistoryFile(tmp_path / "h").append([make_record(0, 0.5)])
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    assert 0 == main(["history", f"--file={tmp_path / 'h'}"])
    assert written.getvalue().startswith(rb"rte \xb7 a/b: accuracy, 1 result, ")
