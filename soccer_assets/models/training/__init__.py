"""Candidates: walk-forward folds, tuning, fitting."""
