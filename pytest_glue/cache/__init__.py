"""The cache of finished runs: a run whose key is unchanged is not trained again."""
