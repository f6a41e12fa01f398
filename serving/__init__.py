"""The serving layer: an API process that reads the lake and a worker that forecasts on demand.

settings      every SERVING_ variable
contracts     what the API returns and what its jobs carry
app           the API process: `python -m serving.app`
api           one module per resource of the API, with problems, filters, responses and metrics
security      keys and scopes of clients, limits, security headers, the server's limits
logs          the log of the API process and its access log
snapshot      an immutable view of the lake in memory, one per set of table versions, and its refresher
pages         the pages for people
clubs         clubs by name and id, and which fixtures can be forecast
redis_server  one real Redis for the processes of a folder
jobs          forecast jobs in Redis, queued by arq
predictor     forecasts on demand from the champion and the team states in memory
worker        the process that runs the jobs: `python -m serving.worker`
"""
