"""The tables of the lake as resources of the API: each is declared in `catalog.py`, the rest of the folder reads it."""
