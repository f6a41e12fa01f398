"""Fonbet: its line and its results."""
