# One image for every role; the command says which (deploy/compose.yaml): the API is the default.
FROM python:3.11.14-slim-bookworm AS packages
COPY deploy/requirements.lock .
# --no-deps: the lock is complete but for the 470 MB with which xgboost would use a graphics card
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements.lock

FROM python:3.11.14-slim-bookworm
# lightgbm asks for the system's libgomp
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/soccer --create-home soccer
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY dagster.yaml workspace.yaml ./
COPY deploy/dagster.yaml deploy/workspace.yaml deploy/
COPY soccer_assets soccer_assets
COPY serving serving
RUN python -m compileall -q soccer_assets serving
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    DAGSTER_HOME=/app/deploy \
    NUMBA_CACHE_DIR=/tmp/numba \
    SERVING_HOST=0.0.0.0 \
    SOCCER_VAR=/var/lib/soccer
USER soccer
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["python", "-m", "serving.app"]
