"""The public API: networks and results that can be printed and displayed.

The data comes from ``network``, ``counting`` and ``analysis``, and the texts from ``report``.
"""
