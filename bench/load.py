"""The load of many clients on a running API: `just load --host http://127.0.0.1:8000 --users 32 --run-time 1m`.

Readers open matches, page through lists and look at the board; some download long lists; others forecast fixtures on
demand, in batches and as jobs; a monitor reads the figures. Locust prints the rate and the percentiles of each route.
`SERVING_KEY` is the key that the clients send, where the API wants one.
"""

import os
import random
from itertools import count
from typing import Any

from locust import FastHttpUser, between, constant, task

KEY = os.environ.get("SERVING_KEY", "")
SEED = 20261127
MOST_FIXTURES = 500
#: Seconds between two requests of a client that reads.
READING = between(0.05, 0.2)
NO_JSON = ("/", "/metrics")
_numbers = count()


class Client(FastHttpUser):
    """A client that sends its key and draws among the matches, in the same order in every run."""

    abstract = True
    wait_time = READING

    def on_start(self) -> None:
        """Read the coming matches once."""
        self.random = random.Random(SEED + next(_numbers))
        self.coming = self.ask("/matches?status=scheduled&limit=500")["items"]

    def ask(self, path: str, name: str | None = None, **body: Any) -> Any:
        """The JSON of a path, counted under a name; a POST where there is a body."""
        options: dict[str, Any] = {"headers": {"x-api-key": KEY} if KEY else {}, "name": name or path}
        answer = self.client.post(path, json=body, **options) if body else self.client.get(path, **options)
        return None if path in NO_JSON else answer.json()

    def fixture(self) -> dict[str, Any]:
        """A coming match as it is asked for on demand."""
        match = self.random.choice(self.coming)
        return {"league": match["league"], "home": match["home"], "away": match["away"], "date": match["match_date"]}


class Reader(Client):
    """Opens matches and pages through lists."""

    weight = 20

    @task(10)
    def one(self) -> None:
        self.ask(f"/predictions/{self.random.choice(self.coming)['match_id']}", "/predictions/{match_id}")

    @task(4)
    def cards(self) -> None:
        self.ask("/cards?limit=50")

    @task(2)
    def markets(self) -> None:
        self.ask(f"/matches/{self.random.choice(self.coming)['match_id']}/markets", "/matches/{match_id}/markets")

    @task(2)
    def bets(self) -> None:
        self.ask("/value-bets?sort=-edge&limit=50")

    @task(2)
    def board(self) -> None:
        self.ask("/")


class Downloader(Client):
    """Reads long lists to their end."""

    weight = 4

    @task
    def all_forecasts(self) -> None:
        cursor: str | None = ""
        while cursor is not None:
            page = self.ask(f"/predictions?limit=500{f'&cursor={cursor}' if cursor else ''}", "/predictions?limit=500")
            cursor = page["next"]


class Forecaster(Client):
    """Forecasts on demand: one fixture, a batch, and a job that it follows to its end."""

    weight = 7

    @task(20)
    def now(self) -> None:
        self.ask("/predictions", "POST /predictions", **self.fixture())

    @task(1)
    def batch(self) -> None:
        fixtures = [self.fixture() for _ in range(MOST_FIXTURES)]
        self.ask("/predictions/batch", "POST /predictions/batch", fixtures=fixtures)

    @task(4)
    def job(self) -> None:
        job = self.ask("/jobs", "POST /jobs", kind="forecast", **self.fixture())
        while job["status"] in ("queued", "running"):
            job = self.ask(f"/jobs/{job['id']}", "/jobs/{job_id}")


class Monitor(Client):
    """Reads the figures once a second."""

    weight = 1
    wait_time = constant(1)

    @task
    def figures(self) -> None:
        self.ask("/system")
        self.ask("/metrics")
