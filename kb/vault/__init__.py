"""How files are kept: the only opener and writer of vault files."""
