"""Where papers come in: arXiv and saved feeds."""
