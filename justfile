# What a developer runs; `uv run just` lists the recipes. The platform's own commands: `uv run soccer --help`.

# arguments reach the programs as they were given, spaces and all
set positional-arguments

# list the recipes
default:
    @just --list --unsorted

# a synthetic world through the whole graph, then the running platform (--once: stop after the forecasts)
demo *FLAGS:
    @soccer demo "$@"

# the tests, a process for each core (-n 0: one process, as a debugger needs it; --cov: with coverage)
test *ARGS:
    pytest --ignore tests/deploy --ignore tests/faults/long -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"

# faults that take minutes: runs, commands, workers and an API killed, the first model, two run workers
test-faults *ARGS:
    pytest tests/faults/long -n 0 "$@"

# style, types and the rules of passage
check:
    ruff check .
    ruff format --check .
    mypy
    mypy deploy/verify
    lint-imports

# mend style by itself
fix:
    ruff check --fix .
    ruff format .

# measure speed and memory: one JSON object and one table
bench *PARTS:
    @python -W ignore -m bench "$@"

# clients of every kind on a running API: --host http://127.0.0.1:8000 --users 32 --run-time 1m
load *ARGS:
    "${UV:-uv}" run --group load locust -f bench/load.py --headless "$@"

# the readers of every source against 20,000 spoilt payloads each; frames of a few rows gain nothing by threads
fuzz *ARGS:
    POLARS_MAX_THREADS=1 SOCCER_FUZZ_EXAMPLES=20000 pytest tests/sources -k fuzz "$@"

# the site of docs/ into docs/site; a broken link or reference is an error
docs:
    "${UV:-uv}" run --group docs mkdocs build --strict --config-file docs/mkdocs.yml

# Dagster's own check of the definitions; dg brings a dozen packages that nothing else here needs
check-definitions:
    "${UV:-uv}" run --with dagster-dg-cli==1.13.27 dg check defs

# the Dagster UI alone
dev:
    @dagster dev -h 127.0.0.1

# pin every version here and what the images install
lock:
    @python deploy/pins.py
    uv export --frozen --no-dev --extra kubernetes --no-emit-project --no-emit-package nvidia-nccl-cu12 --no-emit-package nvidia-nccl-cu13 \
        --no-header --no-annotate --quiet --output-file deploy/requirements.lock
    uv export --frozen --only-group api --no-emit-package faker --no-emit-package pygments --no-header --no-annotate --quiet \
        --output-file deploy/api.lock
    uv export --frozen --only-group build --no-header --no-annotate --quiet --output-file deploy/build.lock

# a picture of each page at each width, light and dark, kept in a folder
pages FOLDER="var/pages":
    PAGES_FOLDER="{{ FOLDER }}" "${UV:-uv}" run --group browser pytest tests/deploy/test_pages_in_a_browser.py -k fits_every_window

# the tests that ask Prometheus, Alertmanager and Chromium (Debian: apt-get install prometheus prometheus-alertmanager chromium)
test-deploy *ARGS:
    "${UV:-uv}" run --group browser --group helm pytest tests/deploy -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder "$@"

# known weaknesses of what the images install; asks a public database, so it is no part of the tests
audit:
    for lock in api requirements; do "${UV:-uv}" tool run pip-audit==2.10.1 --strict --no-deps --disable-pip -r "deploy/$lock.lock"; done

# what each image holds, as CycloneDX, into a folder
sbom FOLDER="var/sbom":
    mkdir -p "{{ FOLDER }}"
    for lock in api requirements; do "${UV:-uv}" tool run --from cyclonedx-bom==7.5.0 cyclonedx-py requirements "deploy/$lock.lock" --output-reproducible -o "{{ FOLDER }}/$lock.json"; done

# the licence of each package that is installed here
licences:
    "${UV:-uv}" tool run pip-licenses --python "$(command -v python)" --order license --format markdown
