"""Pure functions over graphs and rows."""
