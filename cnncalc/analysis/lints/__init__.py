"""Lints for ``cnncalc check``: what is valid and probably not meant. A file each, and nothing else."""
