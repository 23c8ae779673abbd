"""Git records what is on disk."""
