"""Stage 2, the language of values. Knows no file."""
