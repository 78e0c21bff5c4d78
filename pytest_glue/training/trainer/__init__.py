"""The trainer of an item: `Trainer`, and what makes it fast, in layers; knows of examples and models, not of tasks."""
