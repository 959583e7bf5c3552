"""Stage 3, from a document to a spec: checked and placed, nothing evaluated."""
