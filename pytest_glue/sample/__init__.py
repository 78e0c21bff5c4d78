"""Data in the form of GLUE and a checkpoint to fine-tune, both made by this project: no network, no download.

`language` holds the synthetic language, `data` writes examples in it, `checkpoint` makes an encoder that knows it.
"""
