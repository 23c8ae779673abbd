"""Text and values in, text and values out: no files, network or clock."""
