"""Stage 1: what the sources published, kept as they published it."""
