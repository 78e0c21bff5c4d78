"""Ways in which a file of a cache, a data set or a baseline is damaged."""

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

Damage = Callable[[Path], object]


def _flipped(at: float) -> Damage:
    def damage(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[min(int(len(content) * at), len(content) - 1)] ^= 4
        path.write_bytes(content)

    return damage


def _instead(make: Callable[[Path], object]) -> Damage:
    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


def _full_folder(path: Path) -> None:
    path.mkdir()
    (path / "other").touch()


DAMAGES: Mapping[str, Damage] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut to 100 bytes": lambda path: os.truncate(path, min(100, path.stat().st_size - 1)),
    "cut by a byte": lambda path: os.truncate(path, path.stat().st_size - 1),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    **{f"a bit at {at:.0%}": _flipped(at) for at in (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)},
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "garbage": lambda path: path.write_bytes(bytes(range(256)) * 9),
    "a folder": _instead(Path.mkdir),
    "a folder with a file": _instead(_full_folder),
    "a FIFO": _instead(os.mkfifo),
    "a link to nothing": _instead(lambda path: path.symlink_to("nothing")),
    "a link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "a device": _instead(lambda path: path.symlink_to("/dev/zero")),
}
"""Each changes one file in place; reading the result may neither hang nor raise an error without a cause."""


def remove(path: Path) -> None:
    """Delete whatever is at a path."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
