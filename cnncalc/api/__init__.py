"""The library's face: networks and answers that show themselves.

What they hold is made below, in ``network``, ``counting`` and ``analysis``, and what shows them in ``report``.
"""
