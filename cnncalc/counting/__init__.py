"""From a graph to rows and totals: every counted number is made here."""
