"""The message for a run that `--glue-cache=only` does not find."""

from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache

_COMPARED = 500
"""The number of cache entries, the latest used, that are compared with the key: reading all of them can take long."""


def miss_message(run_cache: RunCache, key: Key, command: str) -> str:
    """Return which run is missing, how the closest cached run differs, and the command that trains it."""
    return (
        f"the run of {key.task['name']} with seed {key.seed} is not in the cache {run_cache.folder} "
        f"({_closest(run_cache, key)}), and --glue-cache=only trains nothing: train it with "
        f"`{command} --glue-cache=use`"
    )


def _closest(run_cache: RunCache, key: Key) -> str:
    try:
        files = run_cache.files()
    except OSError:
        files = []
    entries = [entry for file in files[-_COMPARED:] if (entry := file.entry) is not None]
    differences = [key.differences(entry.key) for entry in entries if entry.key.task["name"] == key.task["name"]]
    if not differences:
        return f"it has {len(files)} runs, none of this task"
    closest: list[str] = min(differences, key=len)
    return f"the closest of its {len(files)} runs differs in {', '.join(closest)}"
