"""Which process runs which item: cost estimates, groups, shards and the scheduler for xdist."""
