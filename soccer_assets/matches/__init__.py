"""Stage 2: clubs and matches, one row each, whatever the source called them."""
