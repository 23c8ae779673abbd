"""Papers on their way out: citations, tables, feeds and reports, as text."""
