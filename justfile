# The commands of the platform; `uv run just` lists them.

# arguments reach the programs as they were given, spaces and all
set positional-arguments

python := "python -W ignore -m"

# list the recipes
default:
    @just --list --unsorted

# a synthetic world through the whole graph, then the running platform (--once: stop after the forecasts)
demo *FLAGS:
    @{{python}} soccer_assets demo "$@"

# the API, a worker, Redis, the Dagster webserver and daemon, against the real sources' addresses
up:
    @{{python}} soccer_assets up

# the Dagster UI alone
dev:
    @dagster dev -h 127.0.0.1

# the API alone
serve:
    @{{python}} serving.app

# a worker alone
worker:
    @{{python}} serving.worker

# sources to features for a range of match dates
backfill FROM TO:
    @{{python}} soccer_assets backfill "$@"

# candidates and the selected model for a match date
train DATE:
    @{{python}} soccer_assets train "$@"

# make the champion before this one, or the version named, champion by hand; serving follows (--reason TEXT)
rollback *ARGS:
    @{{python}} soccer_assets rollback "$@"

# forecasts, value bets, settlement and quality for a range of match dates
predict FROM TO:
    @{{python}} soccer_assets predict "$@"

# walk-forward backtest of a range of match dates: a fit every DAYS (default 182), forecasts, settlement, report
backtest FROM TO *FLAGS:
    @{{python}} soccer_assets backtest "$@"

# forecasts of a range of match dates as .csv or .parquet (--line LINE: one line, as football-data.co.uk names matches)
export FROM TO FILE *FLAGS:
    @{{python}} soccer_assets export "$@"

# what a raw payload of a source yields, as JSON lines, or why it is refused (--address URL: where it was published)
parse SOURCE +FILES:
    @{{python}} soccer_assets parse "$@"

# events linked to matches: two tables (date, home, away; where known competition, country, kick_off), .csv or .parquet
link EVENTS MATCHES OUT:
    @{{python}} soccer_assets link "$@"

# the desk for links: review | accept CASE | reject CASE | merge TEAM OTHER | split SOURCE NAME | undo N | history | export | import
links *ARGS:
    @{{python}} soccer_assets links "$@"

# the chained record of forecasts: verify [--noted HASH]
ledger *ARGS:
    @{{python}} soccer_assets ledger "$@"

# how well the shipped scorer of club names does on labelled pairs of them: one JSON object
score-names PAIRS:
    @{{python}} soccer_assets score-names "$@"

# make the shipped scorer of club names again: labelled pairs, a registry of aliases, one of clubs (.parquet)
train-names PAIRS REGISTRY REEP:
    @{{python}} soccer_assets train-names "$@"

# measure speed and memory: one JSON object and one table
bench *PARTS:
    @{{python}} bench "$@"

# the tests
test *ARGS:
    pytest --ignore tests/deploy "$@"

# the readers of every source against 20,000 spoilt payloads each
fuzz *ARGS:
    SOCCER_FUZZ_EXAMPLES=20000 pytest tests/sources -k fuzz "$@"

# the tests that ask promtool and Chromium (Debian: apt-get install prometheus chromium)
test-deploy *ARGS:
    pytest tests/deploy "$@"

# style, types and the rules of passage
check:
    ruff check .
    ruff format --check .
    mypy
    lint-imports

# pin every version here and what the image installs
lock:
    @python deploy/pins.py
    uv export --frozen --no-dev --no-emit-project --no-emit-package nvidia-nccl-cu12 --no-emit-package nvidia-nccl-cu13 \
        --no-header --no-annotate --quiet --output-file deploy/requirements.lock

# mend what can be mended by itself
fix:
    ruff check --fix .
    ruff format .
