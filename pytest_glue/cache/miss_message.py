"""The message for a run that `--glue-cache=only` does not find."""

import re

from pytest_glue.cache.key import Key
from pytest_glue.cache.storage import RunCache
from pytest_glue.core.formatting import count

_COMPARED = 500
"""The number of cache entries, the latest used, that are compared with the key: reading all of them can take long."""


def miss_message(run_cache: RunCache, key: Key, command: str) -> str:
    """Return which run is missing, how the closest cached run differs, and the command that trains it."""
    if (problem := run_cache.problem) is not None:
        cause = f"the cache {run_cache.folder} cannot be read ({problem.strerror or problem})"
        return f"{cause}, and --glue-cache=only trains nothing: name another folder with --glue-cache-dir"
    verb = "evaluate" if key.options.get("evaluate_only") else "train"
    return (
        f"the run of {key.task['name']} with seed {key.seed} is not in the cache {run_cache.folder} "
        f"({_closest(run_cache, key)}), and --glue-cache=only trains nothing: {verb} it with "
        f"`{command} --glue-cache=use`"
    )


def _closest(run_cache: RunCache, key: Key) -> str:
    try:
        files = run_cache.files()
    except OSError:
        files = []
    entries = [entry for file in files[-_COMPARED:] if (entry := file.entry) is not None]
    differences = [key.differences(entry.key) for entry in entries if entry.key.task["name"] == key.task["name"]]
    runs = count(len(files), "run")
    if not differences:
        return f"it has {runs}, none of this task"
    closest = min(differences, key=len)
    facts = [f"{name} ({_short(here)} here, {_short(there)} there)" for name, (here, there) in closest.items()]
    if not facts:
        needed = "texts that are needed (of --glue-certify or --glue-submission, or golden examples)"
        return f"it has this run, which did not predict the {needed}, or cannot be read"
    more = f" and {len(facts) - _SHOWN} more" if len(facts) > _SHOWN else ""
    return f"the closest of its {runs} differs in {', '.join(facts[:_SHOWN])}{more}"


_SHOWN = 6
"""The number of differences that a message names."""


def _short(value: object) -> str:
    """Return a value as text: the begin of a digest or of a long text is enough to recognise it."""
    text = "unset" if value is None else str(value)
    length = 14 if text.startswith("sha256:") or re.fullmatch("[0-9a-f]{40,}", text) else 40
    return text if len(text) <= length else f"{text[:length]}…"
