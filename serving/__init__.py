"""The serving layer: an API process that reads the lake and a worker that forecasts on demand.

    settings        every SERVING_ variable
    lake_tables     the tables the API reads and the columns it needs of them
    clubs           clubs by name and id, and which fixtures can be forecast
    filters         league, dates and paging, which the list routes share
    snapshot        an immutable view of the lake, keyed by table versions; its books hold matches, forecasts, reports
    source_figures  what the sources gave, for Prometheus
    feed            keeps the newest snapshot, read again in a thread when a version changes
    answers         ready-made responses with an entity tag
    problems        every error as a problem document (RFC 9457)
    embedded_redis  one real Redis for the processes of a folder
    jobs            forecast jobs in Redis, queued by arq
    inference       one fixture, the champion and the teams' states make a forecast
    desk            the champion and the team states a worker holds
    worker          the process that runs the jobs

Routes live in one module per resource: health, leagues, matches, predictions, forecasts, reports, metrics,
and pages.
"""
