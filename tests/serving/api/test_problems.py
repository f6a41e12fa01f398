"""Every error is a problem document: a stable type, a title of the kind, a detail of the case."""

from typing import Any

import msgspec
import pytest
from litestar import Litestar, get

from serving.api.problems import HANDLERS, PLUGIN, PROBLEM_TYPES
from serving.contracts import Problem

Client = Any  # see conftest
FIXTURE = {"league": "E0", "home": "Arsenal", "away": "Chelsea", "date": "2024-10-12"}

CASES: list[tuple[str, str, Any, int, str, str]] = [
    # nothing there
    ("GET", "/nothing/here", None, 404, "not-found", "/nothing/here"),
    ("GET", "/predictions/E0.202425.nobody.noone", None, 404, "unknown-match", "'E0.202425.nobody.noone'"),
    ("GET", "/jobs/never-was", None, 404, "unknown-job", "'never-was'"),
    ("GET", "/model", None, 404, "no-champion", "promote"),
    ("GET", "/problems/unheard-of", None, 404, "not-found", "'unheard-of'"),
    # a method the resource does not have
    ("DELETE", "/matches", None, 405, "method-not-allowed", "has GET, HEAD, OPTIONS, not DELETE"),
    ("PUT", "/predictions", None, 405, "method-not-allowed", "has GET, HEAD, OPTIONS, POST, not PUT"),
    # parameters that cannot be read
    (
        "GET",
        "/matches?limit=0",
        None,
        400,
        "invalid-request",
        "limit: expected a number of rows from 1 to 500, found '0'",
    ),
    ("GET", "/matches?limit=501", None, 400, "invalid-request", "found '501'"),
    ("GET", "/predictions?offset=-1", None, 400, "unknown-parameter", "['offset']"),
    ("GET", "/predictions?limit=ten", None, 400, "invalid-request", "found 'ten'"),
    (
        "GET",
        "/matches?date_from=2024-13-01",
        None,
        400,
        "invalid-request",
        "date_from: expected a date such as 2026-08-15, found '2024-13-01'",
    ),
    ("GET", "/matches?status=played", None, 400, "invalid-request", "status: expected one of scheduled"),
    (
        "GET",
        "/predictions?line=oracle",
        None,
        400,
        "invalid-request",
        "line: expected one of model, market, blend, challenger, found 'oracle'",
    ),
    (
        "GET",
        "/quality?sample=some",
        None,
        400,
        "invalid-request",
        "sample: expected one of complete, all, found 'some'",
    ),
    ("GET", "/matches?leage=E0", None, 400, "unknown-parameter", "['leage']"),
    ("GET", "/predictions/x?line=model", None, 400, "unknown-parameter", "['line']"),
    ("GET", "/matches?league=E0&league=E1", None, 400, "repeated-parameter", "['league']"),
    ("GET", "/matches?limit=1&limit=1", None, 400, "repeated-parameter", "['limit']"),
    ("GET", "/teams?name=ars&%6eame=chel", None, 400, "repeated-parameter", "['name']"),
    ("GET", "/predictions?line=&line=model", None, 400, "repeated-parameter", "['line']"),
    # parameters that can be read and make no sense
    ("GET", "/matches?league=XX", None, 422, "unknown-league", "'XX'"),
    ("GET", "/matches?league=ALL", None, 422, "unknown-league", "'ALL'"),
    ("GET", "/quality?league=e0", None, 422, "unknown-league", "'e0'"),
    ("GET", "/predictions?date_from=2024-09-02&date_to=2024-09-01", None, 422, "empty-range", "2024-09-02"),
    # bodies
    ("POST", "/predictions", b"{", 400, "invalid-request", "truncated"),
    ("POST", "/predictions", b"", 400, "invalid-request", "/predictions"),
    ("POST", "/predictions", {**FIXTURE, "date": "soon"}, 400, "invalid-request", "/predictions"),
    ("POST", "/predictions", {**FIXTURE, "stake": 5}, 400, "invalid-request", "/predictions"),
    ("POST", "/predictions", {**FIXTURE, "home": "x" * 101}, 400, "invalid-request", "/predictions"),
    ("POST", "/predictions", {**FIXTURE, "model": "best"}, 400, "invalid-request", "/predictions"),
    ("POST", "/predictions", {**FIXTURE, "prices": {"home": 2.0}}, 400, "invalid-request", "/predictions"),
    ("POST", "/predictions/batch", {"fixtures": []}, 400, "invalid-request", "/predictions/batch"),
    ("POST", "/predictions/batch", {"fixtures": [FIXTURE] * 501}, 400, "invalid-request", "/predictions/batch"),
    ("POST", "/jobs", {"kind": "forecast", "league": "E0"}, 400, "invalid-request", "/jobs"),
    ("POST", "/jobs", {"kind": "delete"}, 400, "invalid-request", "/jobs"),
    ("POST", "/jobs", FIXTURE, 400, "invalid-request", "/jobs"),
    ("POST", "/jobs", {"kind": "backfill", "first": "2024-10-02", "last": "2024-10-01"}, 422, "empty-range", "10-02"),
    ("POST", "/predictions", {**FIXTURE, "home": "x" * 70_000}, 413, "content-too-large", ""),
    ("POST", "/predictions", b"[" * 60_000, 400, "invalid-request", "nested too deep"),
    ("POST", "/predictions", b'{"x": ' + b"[" * 20_000, 400, "invalid-request", "nested too deep"),
    ("POST", "/predictions", b'{"league": "\xff"}', 400, "invalid-request", "UTF-8"),
    ("POST", "/predictions", {**FIXTURE, "home": "x" * 101}, 400, "invalid-request", "/predictions"),
    ("POST", "/predictions", {**FIXTURE, "league": ""}, 400, "invalid-request", "/predictions"),
    # an address beyond its bound
    ("GET", f"/matches?league={'x' * 5000}", None, 414, "address-too-long", "4096 bytes"),
    # fixtures that cannot be forecast
    ("POST", "/predictions", {**FIXTURE, "league": "E9"}, 422, "unknown-league", "'E9'"),
    ("POST", "/predictions", {**FIXTURE, "league": "D1"}, 422, "league-without-matches", "D1"),
    ("POST", "/predictions", {**FIXTURE, "home": "Manchester Utd"}, 422, "unknown-club", "'Manchester Utd'"),
    (
        "POST",
        "/predictions",
        {**FIXTURE, "away": "Barcelona"},
        422,
        "unknown-club",
        "England, Premier League",
    ),
    (
        "POST",
        "/jobs",
        {"kind": "forecast", **FIXTURE, "away": "england.arsenal"},
        422,
        "same-club",
        "Arsenal at home and away",
    ),
    ("POST", "/predictions", {**FIXTURE, "date": "2024-09-20"}, 422, "date-out-of-range", "2024-09-21"),
    ("POST", "/predictions", {**FIXTURE, "date": "2025-09-20"}, 422, "date-out-of-range", "2025-03-20"),
]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("method", "path", "body", "status", "kind", "said"), CASES)
async def test_an_error_is_a_problem_document(
    reader: Client, method: str, path: str, body: Any, status: int, kind: str, said: str
) -> None:
    content = body if isinstance(body, bytes) else None
    headers = {} if content is None else {"content-type": "application/json"}
    answer = await reader.request(
        method, path, content=content, json=None if content is not None else body, headers=headers
    )
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = msgspec.json.decode(answer.content, type=Problem)
    assert problem.type == f"/problems/{kind}"
    assert (problem.status, problem.title) == (status, PROBLEM_TYPES[kind].title)
    assert problem.instance == path.split("?")[0]
    assert said in problem.detail


@pytest.mark.asyncio(loop_scope="session")
async def test_a_parameter_out_of_bounds_is_named(reader: Client) -> None:
    problem = (await reader.get("/matches", params={"limit": 0})).json()
    detail = "expected a number of rows from 1 to 500, found '0'"
    assert problem["errors"] == [{"source": "query", "name": "limit", "detail": detail}]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_club_that_is_not_known_is_answered_with_the_closest_names(reader: Client) -> None:
    problem = (await reader.post("/predictions", json={**FIXTURE, "home": "Manchester United"})).json()
    assert problem["known"][0] == "Man United"
    problem = (await reader.post("/predictions", json={**FIXTURE, "away": "notingham forrest"})).json()
    assert problem["known"][0] == "Nott'm Forest"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_league_without_matches_is_answered_with_those_that_have_some(reader: Client) -> None:
    problem = (await reader.post("/predictions", json={**FIXTURE, "league": "D1"})).json()
    assert problem["known"] == ["E0", "SP1"]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_wrong_method_is_answered_with_the_right_ones(reader: Client) -> None:
    assert (await reader.delete("/predictions")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    asked = await reader.options("/predictions")
    assert (asked.status_code, asked.content, asked.headers["allow"]) == (204, b"", "GET, HEAD, OPTIONS, POST")
    assert (await reader.options("/link-decisions/1")).headers["allow"] == "DELETE, GET, HEAD, OPTIONS"
    assert (await reader.head("/predictions/batch")).status_code == 405


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("kind", sorted(PROBLEM_TYPES))
async def test_the_type_of_a_problem_explains_itself(reader: Client, kind: str) -> None:
    answer = await reader.get(f"/problems/{kind}")
    assert answer.json() == {
        "type": f"/problems/{kind}",
        "title": PROBLEM_TYPES[kind].title,
        "status": PROBLEM_TYPES[kind].status,
    }


@pytest.mark.asyncio(loop_scope="session")
async def test_an_error_of_ours_tells_the_client_nothing_and_the_log_everything(
    open_client: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    @get("/broken", sync_to_thread=False)
    def broken() -> None:
        raise RuntimeError("the password is swordfish")

    async with open_client(
        Litestar([broken], exception_handlers=HANDLERS, plugins=[PLUGIN], openapi_config=None, logging_config=None)
    ) as client:
        answer = await client.get("/broken")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert "swordfish" not in answer.text and "Traceback" not in answer.text
    assert "swordfish" in caplog.text


@pytest.mark.asyncio(loop_scope="session")
async def test_a_whole_number_with_a_point_is_an_integer(reader: Client) -> None:
    answer = await reader.post("/jobs", json={"kind": "undo", "decision_id": 3205649.0})
    assert "decision_id" not in answer.text
    problem = (await reader.post("/jobs", json={"kind": "undo", "decision_id": 1.5})).json()
    assert problem["errors"] == [{"source": "body", "name": "decision_id", "detail": "Expected `int`, got `float`"}]


@pytest.mark.parametrize(
    ("path", "body", "name", "detail"),
    [
        ("/predictions", {**FIXTURE, "date": "soon"}, "date", "Invalid RFC3339 encoded date"),
        ("/predictions", {**FIXTURE, "home": 1}, "home", "Expected `str`, got `int`"),
        ("/predictions", {**FIXTURE, "prices": {"home": "2.1"}}, "prices.home", "Expected `float`, got `str`"),
        ("/predictions/batch", {"fixtures": [FIXTURE, 1]}, "fixtures[1]", "Expected `object`, got `int`"),
        ("/jobs", [], "data", "Expected `object`, got `array`"),
    ],
)
@pytest.mark.asyncio(loop_scope="session")
async def test_a_value_of_a_body_that_is_of_another_type_is_named(
    reader: Client, path: str, body: object, name: str, detail: str
) -> None:
    problem = (await reader.post(path, json=body)).json()
    assert problem["errors"] == [{"source": "body", "name": name, "detail": detail}]


@pytest.mark.asyncio(loop_scope="session")
async def test_no_route_takes_a_parameter_twice(reader: Any) -> None:
    """Whether it knows the parameter or not, pages and files among them."""
    paths = (await reader.get("/schema/openapi.json")).json()["paths"]
    routes = [(method, path) for path, methods in paths.items() for method in methods]
    routes += [("get", path) for path in ("/", "/operations", "/value", "/docs", "/metrics")]
    assert len(routes) == 5 + sum(len(methods) for methods in paths.values())
    for method, path in routes:
        path = (
            path.replace("{decision_id}", "1")
            .replace("{match_id}", "x")
            .replace("{job_id}", "x")
            .replace("{kind}", "internal")
            .replace("{id}", "x")
        )
        for query in ("limit=1&limit=2", "x=1&x=1", "a=&a=", "league=E0&limit=1&league=E1"):
            answer = await reader.request(method.upper(), f"{path}?{query}", json={} if method == "post" else None)
            assert answer.status_code == 400, (method, path, query)
            assert query.split("=")[0] in answer.text
    problem = (await reader.get("/matches?league=E0&league=E1&league=E0")).json()
    assert problem["errors"] == [{"source": "query", "name": "league", "detail": "expected once, found 3 times"}]
