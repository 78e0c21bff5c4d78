"""Where the runs of an evaluation happen."""
