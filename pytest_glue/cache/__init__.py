"""The store of finished runs: what determines a run is its key, and an unchanged key is not trained again."""
