"""Forecasts of a season's final table: rules, standings, strengths of clubs, and the rest played many times."""
