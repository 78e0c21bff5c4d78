"""A terminal that a test can look at: pytest in a pseudo-terminal, and what its screen shows at each moment."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Iterator, Mapping
from pathlib import Path

COLUMNS, LINES = 110, 40

_TOKEN = re.compile(r"\x1b\[(\d*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def pytest_in_terminal(folder: Path, *args: str, environment: Mapping[str, str] | None = None) -> str:
    """Run pytest in a folder, on a terminal of its own, and return all that it wrote there."""
    child, terminal = pty.fork()
    if child == 0:  # between fork and exec: nothing else
        os.chdir(folder)
        names = {**os.environ, "TERM": "xterm", **(environment or {})}
        names = {name: value for name, value in names.items() if name not in {"CI", "COLUMNS", "LINES"}}
        os.execve(sys.executable, [sys.executable, "-m", "pytest", *args], names | dict(environment or {}))  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    written = b""
    while chunk := _read(terminal):
        written += chunk
    os.waitpid(child, 0)
    os.close(terminal)
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody holds the other end any more
        return b""


def screens(written: str) -> Iterator[list[str]]:
    """Yield the screen's lines, as long as the screen is, after each text and each code that was written.

    Raises:
        ValueError: a code that no terminal is known here to understand.
    """
    rows: list[str] = [""]
    row = column = 0
    end = 0
    for token in _TOKEN.finditer(written):
        if token.start() != end:
            raise ValueError(f"what is {written[end : token.start() + 10]!r}?")
        end = token.end()
        number, code, control, text = token.groups()
        count = int(number or 1)
        if control == "\n":
            row += 1
            rows += [""] * (row + 1 - len(rows))
        elif control == "\r":
            column = 0
        elif text:
            rows[row] = f"{rows[row]:{column}}"[:column] + text + rows[row][column + len(text) :]
            column += len(text)
        elif code == "A":
            row = max(row - count, 0)
        elif code == "G":
            column = count - 1
        elif code in {"J", "K"}:
            rows[row] = rows[row][:column]
            rows = rows[: row + 1] if code == "J" else rows
        elif code != "m":
            raise ValueError(f"what is {token.group()!r}?")
        yield [line.rstrip() for line in rows]
