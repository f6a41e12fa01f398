"""The serving layer: an API process that reads the lake and a worker that forecasts on demand.

settings      every SERVING_ variable
contracts     what the API returns and what its jobs carry
app           the API process: `python -m serving.app`
api           one module per resource of the API, with problems, filters, responses and metrics
snapshot      an immutable view of the lake in memory, one per set of table versions, and what renews it
pages         the pages people look at
clubs         clubs by name and id, and which fixtures can be forecast
redis_server  one real Redis for the processes of a folder
jobs          forecast jobs in Redis, queued by arq
inference     one fixture, the champion and the teams' states make a forecast
predictor     the champion and the team states that a worker holds
worker        the process that runs the jobs: `python -m serving.worker`
"""
