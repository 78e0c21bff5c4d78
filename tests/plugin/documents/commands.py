"""The commands of a console block, and the output that the page shows for them."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"[-+]?\d[\d,]*(\.\d+)*(e-?\d+)?(\+cpu)?")
_DURATION = re.compile(r"\b0 (s|min)\b( 0 s)?|\bcached\b")


@dataclass(frozen=True, slots=True)
class Command:
    """A command as a reader types it."""

    text: str
    output: tuple[str, ...] = ()
    """The lines that the page shows below it."""

    @property
    def words(self) -> list[str]:
        """The words after the shell took quotes and comments away, without variables before and a file behind them."""
        words = shlex.split(self.text, comments=True)
        while words and re.match(r"[A-Z_]+=", words[0]):
            del words[0]
        return words[: words.index(">")] if ">" in words else words


def commands(block: str) -> list[Command]:
    """Return the commands of a block: its lines that start with `$ `, with the output below each, or else all lines."""
    lines = block.replace("\\\n", " ").splitlines()
    if not any(line.startswith("$ ") for line in lines):
        return [Command(line) for line in lines if line.strip()]
    found: list[Command] = []
    for line in lines:
        if line.startswith("$ "):
            found.append(Command(line.removeprefix("$ ")))
        else:
            found[-1] = Command(found[-1].text, (*found[-1].output, line))
    return found


def shows(expected: Sequence[str], actual: Sequence[str]) -> str:
    """Return the first expected line that the output lacks; empty if it has all of them in this order.

    There may be other lines in between. Numbers, durations, rules, the width of columns, and names of checkpoints and
    folders may differ: they depend on the machine and on what stands in for real checkpoints. `...` ends a line that is
    cut short.
    """
    left = iter([_plain(line) for line in _unwrapped(actual)])
    for line in _unwrapped(expected):
        wanted = _plain(line)
        pattern = re.escape(wanted.removesuffix("...")) + (".*" if wanted.endswith("...") else "")
        if wanted not in {"", "..."} and not any(re.fullmatch(pattern, each) for each in left):
            return line
    return ""


def _unwrapped(lines: Sequence[str]) -> list[str]:
    """Return the lines with those that go on in an indented line."""
    return re.sub(r"\n +", " ", "\n".join(lines)).split("\n")


def _plain(line: str) -> str:
    line = _DURATION.sub("TIME", _NUMBER.sub("0", line))
    line = re.sub(r"\b(all-MiniLM\S*|small|sample)\b", "CHECKPOINT", line)
    line = re.sub(r" /\S+/(?=glue-baselines/)", " FOLDER/", line)
    return " ".join(re.sub(r"[=_]{3,}", " ", line).split())
