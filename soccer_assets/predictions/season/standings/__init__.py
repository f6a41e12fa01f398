"""Tables of seasons: the order of clubs, and the state of a season on the morning of a day."""
