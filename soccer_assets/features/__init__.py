"""Stage 4: what was known of a match before its kick-off."""
