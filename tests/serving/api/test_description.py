"""The page of the API and its description: whole without another host, and complete."""

import re
from typing import Any

import pytest

from serving.resources.catalog import RESOURCES

Client = Any  # see conftest


@pytest.mark.asyncio(loop_scope="session")
async def test_the_api_page_is_served_whole_from_local_files(reader: Client) -> None:
    answer = await reader.get("/docs")
    files = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^"]+)"', answer.text)
    assert len(files) == 4 and all(file.startswith("/") for file in files)
    for file in files:
        content = await reader.get(file)
        assert content.status_code == 200 and len(content.content) > 50, file
    assert "script-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.asyncio(loop_scope="session")
async def test_the_description_of_the_api_has_every_route_and_its_problems(reader: Client) -> None:
    paths = (await reader.get("/schema/openapi.json")).json()["paths"]
    declared = {resource.path for resource in RESOURCES} | {r.item_path for r in RESOURCES if r.key}
    others = {
        "/health",
        "/health/live",
        "/health/ready",
        "/health/ready/jobs",
        "/system",
        "/coupons",
        "/jobs",
        "/jobs/{job_id}",
        "/links/{event_id}/decisions",
        "/jobs/{job_id}/events",
        "/predictions/batch",
        "/problems/{kind}",
    }
    assert set(paths) == {path.replace(":str", "") for path in declared} | others
    assert set(paths["/predictions"]) == {"get", "post"}
    limit = next(p for p in paths["/matches"]["get"]["parameters"] if p["name"] == "limit")
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"], limit["schema"]["default"]) == (1, 500, 50)
    for path, methods in paths.items():
        for operation in methods.values():
            assert operation.get("description") or operation.get("summary"), path
            for status, answer in operation["responses"].items():
                if status >= "400" and not path.startswith("/health/ready"):
                    assert set(answer["content"]) == {"application/problem+json"}, (path, status)


@pytest.mark.asyncio(loop_scope="session")
async def test_the_description_names_the_headers_that_are_sent(reader: Client) -> None:
    described = (await reader.get("/schema/openapi.json")).json()["paths"]["/matches"]["get"]["responses"]
    sent = (await reader.get("/matches?limit=2")).headers
    assert set(described["200"]["headers"]) == {"ETag", "Cache-Control", "Vary", "X-Total-Count", "Link"}
    assert all(name in sent for name in described["200"]["headers"])
    again = await reader.get("/matches?limit=2", headers={"if-none-match": sent["etag"]})
    assert again.status_code == 304 and all(name in again.headers for name in described["304"]["headers"])
