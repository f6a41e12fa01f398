"""What holds for every page: whole without scripts or another host, readable by machine, and none leads nowhere."""

from typing import Any

import pytest

from serving.pages.routes import ADDRESSES

Client = Any  # see conftest
#: Values of the parameters of addresses.
KEYS = {"match_id": "SP1.202425.ath-bilbao.betis", "code": "SP1", "team_id": "spain.betis", "version": "aaaaaaaaaaaa"}
PATHS = [address.replace(":str", "").format(**KEYS) for address in ADDRESSES if "version" not in address]
pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.parametrize("path", PATHS)]


async def test_a_page_asks_no_other_host_and_no_link_of_it_is_dead(reader: Client, page: Any, path: str) -> None:
    answer = await reader.get(path, headers={"accept": "text/html"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    found = await page(reader, path)
    assert not [attrs for _, attrs in found.tags if "style" in attrs]
    loaded = [*found.attributes("script", "src"), *found.attributes("img", "src"), *found.attributes("link", "href")]
    assert all(address.startswith("/") for address in loaded)
    links = {address for address in found.attributes("a", "href") if address.startswith("/")}
    for address in sorted({*loaded, *links})[:80]:
        accept = "text/html" if address in links else "*/*"
        assert (await reader.get(address, headers={"accept": accept})).status_code == 200, address


async def test_a_page_can_be_read_by_everyone_and_says_that_no_bets_are_placed(
    reader: Client, page: Any, path: str
) -> None:
    found = await page(reader, path)
    assert found.attributes("html", "lang") == ["en"] and found.attributes("main", "id") == ["content"]
    assert [tag for tag, _ in found.tags if tag == "h1"] == ["h1"]
    assert all(attrs.get("aria-label") for tag, attrs in found.tags if tag == "nav")
    assert all(attrs.get("role") == "img" for tag, attrs in found.tags if tag == "svg")
    assert all(attrs.get("scope") for tag, attrs in found.tags if tag == "th")
    ids = [attrs["id"] for _, attrs in found.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))
    assert "It places no bets" in found.words
