"""Stage 4, from a spec and a setting to a graph."""
