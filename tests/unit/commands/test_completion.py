"""The command `pytest-glue completion`."""

import shutil
import subprocess
import sys

import pytest

from pytest_glue.cli import main

COMPLETED = [
    ("ta", 1, ["tasks"]),
    ("tasks --ch", 2, ["--checkpoint"]),
    ("cache cl", 2, ["clear"]),
    ("completion z", 2, ["zsh"]),
    ("merge shard", 2, ["shard-1.json"]),
]


@pytest.fixture
def script(capsys: pytest.CaptureFixture[str]) -> str:
    pytest.importorskip("shtab")
    assert 0 == main(["completion", "bash"])
    return capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(script: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Subcommands, flags, choices and names of files."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "shard-1.json").touch()
    asked = "\n".join(
        f"COMP_WORDS=(pytest-glue {words}); COMP_CWORD={index}; COMPREPLY=(); $function; echo ${{COMPREPLY[@]}}"
        for words, index, _ in COMPLETED
    )
    function = 'function=$(complete -p pytest-glue | sed "s/.*-F //; s/ .*//")'
    command = ["bash", "--norc", "-c", f"{script}\n{function}\n{asked}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert [expected for _, _, expected in COMPLETED] == [line.split() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["zsh", "fish", "tcsh", "powershell"])
def test_other_shells(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("shtab")
    assert 0 == main(["completion", shell])
    assert "pytest-glue" in capsys.readouterr().out


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert 2 == main(["completion", "bash"])
    assert "pip install 'pytest-glue[completion]'" in capsys.readouterr().err
