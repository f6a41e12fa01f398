"""A synthetic football world with a known truth, served in the sources' own formats.

The demo and the tests run against it instead of the real sites: nothing is downloaded, every number can be
repeated from a seed, and as the true probabilities and identities are known, a forecast can be judged without
the noise of results, a link without an annotator, an edge without waiting for luck to even out.

The world
    clubs            invented club names and what a league's football is like
    strengths        how strong each club is, week by week
    season_calendar  where a season lies, its rounds, dates and kick-offs
    cups             a knock-out per country, for the clubs of all tiers
    disruptions      matches that are postponed, abandoned, awarded
    seasons          leagues and cups as they are played
    score_matrix     probabilities of scores and of the markets that follow from them
    match_play       goals, half-time goals and match statistics
    bookmakers       prices that see the truth through noise and a margin; one lags, one may be biased
    club_names       what each source calls a club; `transliteration` writes it in Cyrillic
    identities       the name of every club and the id of every match at each source
    sideshows        events that look like matches of this world and are not
    world            all of the above as tables

What is shown of it
    timetable        what is known of every match at a moment
    football_data, openfootball, understat, whoscored, fonbet, fonbet_results
                     what each source shows at that moment, in its own files
    published        all of them on one site
    site             a small HTTP server with conditional requests
    faults           what it does on request: errors, stalls, slow and wrong bodies
"""
