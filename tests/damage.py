"""Ways in which a file of a cache, a data set or a baseline is damaged."""

import copy
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

Damage = Callable[[Path], object]
Place = tuple[str | int, ...]
"""The keys and indices that lead to a value of a JSON document."""


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


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield the place of each value in a JSON document; of a list, that of the first item."""
    yield place
    parts = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*place, key))


def changed(content: Any, place: Place, value: Any) -> Any:
    """Return a document with another value at a place."""
    if not place:
        return value
    copied = copy.deepcopy(content)
    part = copied
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return copied
