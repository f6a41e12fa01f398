"""Stage 3: quoted prices and the probabilities they imply."""
