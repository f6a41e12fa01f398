"""Stage 7: forecasts met by their results."""
