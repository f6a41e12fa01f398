"""Jobs: what clients ask of the worker, kept in Redis and delivered by arq."""
