"""History: the evaluations of many test runs in a file, and where a score changed."""
