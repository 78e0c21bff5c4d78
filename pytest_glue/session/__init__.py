"""The pytest side of a test run."""
