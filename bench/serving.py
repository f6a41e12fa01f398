"""Benchmarks of serving: (e) reading one forecast beside a bare handler, (f) a forecast on demand through the queue.

Every server and the load are processes of their own; requests are bounded. The load speaks HTTP over raw streams, so
that the servers and not the client are measured.
"""

import asyncio
import datetime as dt
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import polars as pl

from bench.process import ROOT, measured_by

CONNECTIONS = 32
REQUESTS = 9_600
LIST_REQUESTS = 640
ROUNDS = 3
MATCHES = 100_000
PATHS = 1_000
FORECASTS = 200
BATCH = 500
WARM = 20
START_SECONDS = 180


#: What is asked for beside one row, and the share of a bare handler's rate that is wanted.
BOARD = "/?date_from=2005-01-01"
LISTS = {
    "/predictions?limit=50": 0.6,
    "/predictions?limit=500": 0.5,
    "/cards?limit=50": 0.6,
    BOARD: 0.5,
    "/metrics": 0.3,
}
BOARD_CLIENTS = 8


def read(environment: dict[str, str]) -> dict[str, Any]:
    """(e) One row, lists and pages, each in turns with a bare Litestar handler of the same bytes, 32 connections."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="soccer-bench-"))
        _forecasts(f"{folder}/lake")
        environment = environment | {"SOCCER_VAR": folder, "SOCCER_LAKE_URL": f"{folder}/lake"}
        api_port, bare_port = _free_port(), _free_port()
        api, bare = f"http://127.0.0.1:{api_port}", f"http://127.0.0.1:{bare_port}"
        stack.enter_context(_process(environment | {"SERVING_PORT": str(api_port)}, "-m", "serving.app"))
        _until_answers(f"{api}/health/live")
        total = httpx.get(f"{api}/predictions?limit=1").json()["total"]
        paths = [f"/predictions/{item['match_id']}" for item in _items(f"{api}/predictions?limit=500", PATHS)]
        bodies = [Path(folder, f"{number}.body") for number in range(len(LISTS) + 1)]
        for path, body in zip([paths[0], *LISTS], bodies, strict=True):
            body.write_bytes(httpx.get(api + path, headers={"accept-encoding": "identity"}).content)
        stack.enter_context(_process(environment, "-m", "bench.serving", "bare", str(bare_port), *map(str, bodies)))
        _until_answers(f"{bare}/0")
        rounds = [(_load(bare_port, ["/0"]), _load(api_port, paths)) for _ in range(ROUNDS)]
        lists = {}
        for number, path in enumerate(LISTS, start=1):
            pairs = [
                (_load(bare_port, [f"/{number}"], LIST_REQUESTS), _load(api_port, [path], LIST_REQUESTS))
                for _ in range(ROUNDS)
            ]
            lists[path] = statistics.median(ours["rate"] / plain["rate"] for plain, ours in pairs)
        alone = _load(api_port, paths)
        board = _started(api_port, [BOARD], BOARD_CLIENTS)
        under_load = _load(api_port, paths)
        board.kill()
        board.wait()
        metrics = httpx.get(f"{api}/metrics").text
    return {
        "forecasts in memory": total,
        "read into memory in s": _figure(metrics, "soccer_snapshot_refresh_seconds"),
        "requests per second": statistics.median(ours["rate"] for _, ours in rounds),
        "bare requests per second": statistics.median(plain["rate"] for plain, _ in rounds),
        "share of bare": statistics.median(ours["rate"] / plain["rate"] for plain, ours in rounds),
        "target share": 0.9,
        "p50 ms": statistics.median(ours["p50"] for _, ours in rounds),
        "p99 ms": statistics.median(ours["p99"] for _, ours in rounds),
        **{f"share of {path}": share for path, share in lists.items()},
        **{f"target of {path}": share for path, share in LISTS.items()},
        "share beside the board": under_load["rate"] / alone["rate"],
        "p99 ms beside the board": under_load["p99"],
    }


def on_demand(environment: dict[str, str]) -> dict[str, Any]:
    """(f) `POST /predictions` one after another and over 8 connections, and a batch of 500, by one worker."""
    from serving.redis_server import embedded_redis
    from soccer_assets.settings import Settings
    from soccer_assets.storage.lake import Lake

    settings = Settings.read(os.environ | environment)
    lake = Lake(settings.lake)
    if not lake.exists("promotions"):
        measured_by("bench.graph", "backfill", environment=environment)
        measured_by("bench.graph", "further_day", environment=environment)
    api_port, worker_port = _free_port(), _free_port()
    api = f"http://127.0.0.1:{api_port}"
    with ExitStack() as stack:
        url = stack.enter_context(embedded_redis(settings))
        environment = environment | {
            "SOCCER_REDIS_URL": url,
            "SERVING_PORT": str(api_port),
            "SERVING_WORKER_METRICS_PORT": str(worker_port),
        }
        for module in ("serving.app", "serving.worker"):
            stack.enter_context(_process(environment, "-m", module))
        _until_answers(f"{api}/health/live")
        fixtures = _fixtures(lake)
        seconds = []
        with httpx.Client(base_url=api, timeout=30.0) as client:
            _until_forecast(client, next(fixtures))
            for fixture in itertools.islice(fixtures, WARM + FORECASTS):
                began = time.perf_counter()
                answer = client.post("/predictions", json=fixture)
                seconds.append(time.perf_counter() - began)
                if answer.status_code != 200:
                    raise RuntimeError(f"expected a forecast of {fixture}, found {answer.status_code}: {answer.text}")
            batch = {"fixtures": list(itertools.islice(fixtures, BATCH))}
            batch_seconds = statistics.median(_seconds_of(client, batch) for _ in range(ROUNDS))
        posts = [["/predictions", json.dumps(fixture)] for fixture in itertools.islice(fixtures, FORECASTS)]
        rounds = [_load(api_port, posts, 8 * FORECASTS, 8) for _ in range(ROUNDS)]
        worker = httpx.get(f"http://127.0.0.1:{worker_port}/metrics").text
    name = "soccer_worker_forecast_seconds"
    ordered = sorted(seconds[WARM:])
    return {
        "forecasts": len(ordered),
        "p50 ms": 1000 * ordered[len(ordered) // 2],
        "p95 ms": 1000 * ordered[len(ordered) * 95 // 100],
        "requests per second at 8": statistics.median(measured["rate"] for measured in rounds),
        "target rate": 150,
        "p95 ms at 8": statistics.median(measured["p95"] for measured in rounds),
        "target p95 ms": 60,
        "batch of 500 in s": batch_seconds,
        "target of a batch in s": 1,
        "mean ms in the worker": 1000 * _figure(worker, f"{name}_sum") / _figure(worker, f"{name}_count"),
    }


def bare(port: int, bodies: Sequence[Path]) -> None:
    """Serve the bytes of files, each at its number, from the plainest handler there is."""
    import uvicorn
    from litestar import Litestar, MediaType, get

    def serving(number: int, content: bytes) -> Any:
        @get(f"/{number}", media_type=MediaType.JSON)
        async def handler() -> bytes:
            return content

        return handler

    handlers = [serving(number, body.read_bytes()) for number, body in enumerate(bodies)]
    app = Litestar(handlers, openapi_config=None, logging_config=None)
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


async def load(port: int, paths: list[Any], requests: int, connections: int) -> dict[str, float]:
    """All requests over keep-alive connections; the rate, and the time of one in milliseconds."""
    share = requests // connections
    times: list[float] = []

    async def connection(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number in range(first, first + share):
            began = time.perf_counter()
            writer.write(_request(paths[number % len(paths)]))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"expected status 200, found {head!r}")
            length = head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]
            await reader.readexactly(int(length))
            times.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(connection(number * share) for number in range(connections)))
    seconds = time.perf_counter() - began
    times.sort()
    return {
        "rate": len(times) / seconds,
        "p50": 1000 * times[len(times) // 2],
        "p95": 1000 * times[len(times) * 95 // 100],
        "p99": 1000 * times[len(times) * 99 // 100],
    }


def _request(asked: str | list[str]) -> bytes:
    """A GET of a path, or a POST of a path and its JSON body."""
    if isinstance(asked, str):
        return f"GET {asked} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
    path, body = asked
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body.encode())}\r\n\r\n{body}".encode()


def _until_forecast(client: httpx.Client, fixture: dict[str, str]) -> None:
    """Wait for the first forecast of a worker."""
    deadline = time.monotonic() + START_SECONDS
    while (answer := client.post("/predictions", json=fixture)).status_code != 200:
        if time.monotonic() > deadline:
            raise RuntimeError(f"expected a forecast within {START_SECONDS} s, found {answer.text}")
        time.sleep(0.2)


def _seconds_of(client: httpx.Client, batch: dict[str, Any]) -> float:
    """The time of a batch; each of its fixtures must be forecast."""
    began = time.perf_counter()
    answer = client.post("/predictions/batch", json=batch)
    seconds = time.perf_counter() - began
    if answer.status_code != 200 or {item["kind"] for item in answer.json()["items"]} != {"forecast"}:
        raise RuntimeError(f"expected {BATCH} forecasts, found {answer.status_code}: {answer.text[:500]}")
    return seconds


def _started(port: int, paths: list[Any], connections: int, requests: int = 10**7) -> subprocess.Popen[str]:
    """A process that asks for the paths in turn."""
    numbers = map(str, (port, requests, connections))
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "bench.serving", "load", *numbers],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(json.dumps(paths))
    process.stdin.close()
    return process


def _load(port: int, paths: list[Any], requests: int = REQUESTS, connections: int = CONNECTIONS) -> dict[str, float]:
    process = _started(port, paths, connections, requests)
    assert process.stdout is not None
    measured: dict[str, float] = json.loads(process.stdout.read())
    if process.wait() != 0:
        raise RuntimeError("expected the load to end well; see its error above")
    return measured


def _items(address: str, most: int) -> list[dict[str, Any]]:
    """The first items of a list, over its parts."""
    items: list[dict[str, Any]] = []
    while address and len(items) < most:
        answer = httpx.get(address)
        items += answer.json()["items"]
        address = str(answer.url.join(answer.links["next"]["url"])) if "next" in answer.links else ""
    return items


def _forecasts(folder: str) -> None:
    """A lake with a hundred thousand forecasts on three lines."""
    from soccer_assets.predictions.schema import PREDICTIONS
    from soccer_assets.storage.lake import Lake

    number = pl.int_range(MATCHES, eager=True)
    matches = pl.DataFrame({"number": number}).select(
        match_date=pl.lit(dt.date(2000, 1, 1)) + pl.duration(days=pl.col("number") // 30),
        match_id=pl.format("E0.{}", "number"),
        league=pl.lit("E0"),
        season=pl.lit("2024/25"),
        kick_off_at=pl.lit(None, pl.Datetime("us", "UTC")),
        home=pl.format("Club {}", pl.col("number") % 20),
        away=pl.format("Club {}", pl.col("number") % 19 + 20),
    )
    lines = pl.DataFrame({"line": ["model", "market", "blend"]})
    chances = {"p_home": 0.4567, "p_draw": 0.2567, "p_away": 0.2866}
    rows = matches.join(lines, how="cross").with_columns(
        *(pl.lit(chance).alias(name) for name, chance in chances.items()),
        home_goals_expected=pl.lit(1.5),
        away_goals_expected=pl.lit(1.1),
        rho=pl.lit(-0.05),
        p_over=pl.lit(0.52),
        model_version=pl.lit("0123456789ab"),
        trained_through=pl.lit(dt.date(2024, 1, 1)),
    )
    Lake(folder).replace("predictions", PREDICTIONS.conform(rows), None)


def _fixtures(lake: Any) -> Iterator[dict[str, str]]:
    """Pairs of clubs of the newest season of the league with the most matches, for the week after the newest result."""
    rows = lake.read("matches").filter(pl.col("status") == "finished")
    newest = rows["match_date"].max()
    league = rows["league"].value_counts(sort=True)["league"][0]
    rows = rows.filter(pl.col("league") == league).sort("match_date")
    clubs = sorted(set(rows.filter(pl.col("season") == rows["season"][-1])["home"]))
    for number, (home, away) in enumerate(itertools.cycle(itertools.permutations(clubs, 2))):
        yield {"league": league, "home": home, "away": away, "date": str(newest + dt.timedelta(days=1 + number % 7))}


@contextmanager
def _process(environment: dict[str, str], *command: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *command],
        cwd=ROOT,
        env=os.environ | {"SERVING_LOG_LEVEL": "warning"} | environment,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _until_answers(address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"expected {address} to answer within {START_SECONDS} s, it did not")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _figure(metrics: str, name: str) -> float:
    return float(next(line for line in metrics.splitlines() if line.startswith(f"{name} ")).split()[1])


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        bare(int(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
    else:
        port, requests, connections = map(int, sys.argv[2:])
        print(json.dumps(asyncio.run(load(port, json.load(sys.stdin), requests, connections))))
