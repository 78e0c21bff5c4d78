"""Fine-tuning one checkpoint on one task: the only room, with search, that trains anything."""
