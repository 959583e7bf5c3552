"""From bytes to a graph, in four stages: text, expressions, checking, unrolling."""
