"""Accumulators, combinations of one match, and pools, priced and settled as whole tickets."""
