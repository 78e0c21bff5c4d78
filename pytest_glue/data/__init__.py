"""Data sources: where a task's examples come from. `source` holds the protocol, each other file one answer to it."""
