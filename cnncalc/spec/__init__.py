"""From bytes to a graph: documents with positions, expressions, models, expansion."""
