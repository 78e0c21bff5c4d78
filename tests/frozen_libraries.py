"""Exempts what is imported from garbage collection: imported last by the process that test processes are forked from.

A collection in a forked process would otherwise visit all objects of the libraries, and copy their memory.
"""

import gc

gc.collect()
gc.freeze()
