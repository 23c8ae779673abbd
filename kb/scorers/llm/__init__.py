"""Papers judged by a language model, through any OpenAI-compatible endpoint."""
