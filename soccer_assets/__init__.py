"""A Dagster asset graph that forecasts football matches.

Partition `d` of any asset is what that stage knows, or produces, for match date `d`. Seven stages, a folder each,
in the order the data flow; a stage imports only from the stages before it:

    sources      records as published, all strings, with the payload they came from
    matches      clubs and matches
    odds         quoted prices and de-vigged probabilities
    features     ratings and what was known of a match before kick-off
    models       tuned candidates and the selected forecaster
    predictions  forecasts on three lines (model, market, blend) and value bets
    monitoring   forecasts met by their results, quality and drift

Beside them:

    storage        Delta tables and raw payloads
    linking        which names are one club, which records one match
    orchestration  partitions, the I/O manager, event storage: what assets need of Dagster
    commands       the console command `soccer`
    simulation     a synthetic football world that is served in the sources' own formats
"""
