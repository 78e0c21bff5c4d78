"""Synthetic GLUE data and a synthetic checkpoint to fine-tune, generated without network or download.

`language` defines a synthetic language, `examples` generates data in it, `checkpoint` builds an encoder that reads it.
"""
