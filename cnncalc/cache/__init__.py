"""What was worked out before, where nothing that it depends on has changed.

A run of a command is remembered with everything that it asked the system for (``watching``); it holds as long as all
of that is as it was, and the code too (``identity``). What ``check`` found is remembered for each spec, too (``results``).
Nothing here imports what makes a start slow: a remembered run takes a tenth of the time of a new one.
"""
