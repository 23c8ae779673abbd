"""How papers are judged."""
