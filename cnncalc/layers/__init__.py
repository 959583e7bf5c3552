"""Layer types, one file each (ranks of one type together). None imports another."""
