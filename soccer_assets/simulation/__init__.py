"""A synthetic football world with a known truth, served in the sources' own formats.

The demo and the tests run against it instead of the real site: nothing is downloaded, every number can be
repeated from a seed, and as the true probabilities are known, a forecast can be judged without the noise of
results.

    clubs            invented club names and what a league's football is like
    season_calendar  where a season lies, its rounds, dates and kick-offs
    score_matrix     probabilities of scores and of the markets that follow from them
    match_play       goals, half-time goals and match statistics
    bookmakers       pre-match and closing prices that see the truth through noise and a margin
    world            all of the above as one table of matches
    football_data    what football-data.co.uk would show of that world on a given day
    site             a small HTTP server with conditional requests and faults on demand
"""
