"""Stage 6: forecasts of matches, on three lines, and what they say against the offered prices."""
