"""Stage 2, the language of values, which is independent of files."""
