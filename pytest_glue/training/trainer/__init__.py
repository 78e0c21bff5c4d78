"""`GlueTrainer` and its parts, each of which speeds up or resumes a training without changing its result."""
