"""Models of other programs: read into networks, folded to specs, and written.

Nothing here is imported by a command that reads a spec. ``reference`` is the door: it says whether a file is a model, by
its content, and converts it.
"""
