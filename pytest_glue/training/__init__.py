"""Fine-tunes one checkpoint on one task."""
