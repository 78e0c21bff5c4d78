"""A regression gate for fine-tuned classifiers: (task, checkpoint) pairs as pytest items.

Importing this package costs nothing: every heavy library is imported by the function that needs it.
"""

__version__ = "0.1.0"
