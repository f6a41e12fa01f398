"""The selected model: comparison of candidates, calibration, blend with the market."""
