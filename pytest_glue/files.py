"""Files that are replaced as a whole: whoever reads one, or kills this process, never sees half of it."""

import os
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Write the text aside and rename it into place; the folder is made if it is missing.

    Raises:
        OSError: the folder or the file cannot be written; an existing file is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
