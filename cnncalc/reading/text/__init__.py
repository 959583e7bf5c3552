"""Stage 1, from bytes to a document: nodes with their places, independent of layers."""
