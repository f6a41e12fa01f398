# Three images of one wheel: docker build --target api|worker|pipeline (deploy/compose.yaml builds all).
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS python
LABEL org.opencontainers.image.title="soccer-assets" \
    org.opencontainers.image.description="Football forecasts by a graph of assets" \
    org.opencontainers.image.licenses="MIT"
RUN useradd --no-log-init --uid 10001 --home-dir /var/lib/soccer --create-home soccer
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    SERVING_HOST=0.0.0.0 \
    SOCCER_VAR=/var/lib/soccer

FROM python AS wheel
COPY deploy/build.lock ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r build.lock
COPY pyproject.toml README.md LICENSE dagster.yaml workspace.yaml ./
COPY soccer_assets soccer_assets
COPY serving serving
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /dist .

# --no-deps: a lock is complete but for the 470 MB with which xgboost would use a graphics card
FROM python AS api-packages
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends binutils
RUN python -m venv --without-pip /opt/venv
ENV PIP_PYTHON=/opt/venv/bin/python
COPY deploy/api.lock ./
RUN pip install --no-cache-dir --no-compile --require-hashes --no-deps --only-binary :all: -r api.lock
# what serving never loads: tests, headers, Arrow's RPC, 400 other services of AWS, symbols
WORKDIR /opt/venv/lib/python3.11/site-packages
RUN strip --strip-unneeded _polars_runtime_32/*.so uvloop/*.so \
    && rm -r pyarrow/*flight* \
    && find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name 's3' ! -name 'sts' ! -name 'sso*' -exec rm -r {} + \
    && find . -type d \( -name tests -o -name include \) -prune -exec rm -r {} +

FROM python AS packages
COPY deploy/requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements.lock

# the wheel is a layer of its own, so that a release is a few megabytes more
FROM python AS api
COPY --from=api-packages /opt/venv /opt/venv
# bytecode of what is imported alone
# hadolint ignore=DL3013
RUN --mount=type=bind,from=wheel,source=/dist,target=/dist \
    PIP_PYTHON=/opt/venv/bin/python pip install --no-cache-dir --no-compile --no-deps --no-index --find-links /dist soccer-assets \
    && python -c 'import boto3, serving.app, serving.clubs'
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
CMD ["python", "-m", "serving.app"]

FROM python AS learning
# lightgbm asks for the system's libgomp, in whatever version Debian has mended last
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=packages /opt/venv /opt/venv
RUN --mount=type=bind,from=wheel,source=/dist,target=/dist \
    /opt/venv/bin/pip install --no-cache-dir --no-deps --no-index --find-links /dist soccer-assets
# the commit that is built, which models name in MLflow: an image has no clone to look in
ARG REVISION=
LABEL org.opencontainers.image.revision=$REVISION
ENV SOCCER_REVISION=$REVISION

FROM learning AS worker
USER 10001
ENV SERVING_WORKER_METRICS_PORT=9100
EXPOSE 9100
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=5 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:9100', timeout=4)"]
CMD ["python", "-m", "serving.worker"]

FROM learning AS pipeline
COPY deploy/dagster.yaml deploy/workspace.yaml deploy/
ENV DAGSTER_HOME=/app/deploy
USER 10001
EXPOSE 4000
HEALTHCHECK --interval=60s --timeout=30s --start-period=120s --retries=3 \
    CMD ["dagster", "api", "grpc-health-check", "-p", "4000"]
CMD ["dagster", "code-server", "start", "-h", "0.0.0.0", "-p", "4000", "-m", "soccer_assets.definitions"]
