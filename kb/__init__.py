"""kb: the quiet second writer in a researcher's Obsidian vault."""

__version__ = "0.1.0"
