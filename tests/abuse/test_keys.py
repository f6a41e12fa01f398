"""Keys: who has none, a wrong one, an expired one, or one without the scope, is kept out of everything but liveness."""

import base64
import datetime as dt
import json
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.security.keys import DIGITS, FORM, Key, KeyFile, Keyring, has_form, new_secret
from soccer_assets.errors import SettingsError
from tests.abuse.conftest import JOB, Start
from tests.serving.processes import ROOT

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def soccer(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from soccer_assets.commands.cli import main; main()", "keys", *arguments],
        cwd=ROOT, env=os.environ | {"SOCCER_VAR": str(folder)}, capture_output=True, text=True,
    )  # fmt: skip


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_who_has_no_key_is_kept_out_and_a_key_opens_what_its_scopes_say(start_api: Start, tmp_path: Path) -> None:
    reader, poster = (
        soccer(tmp_path, "add", name, "--scopes", scopes).stdout.strip()
        for name, scopes in (("reader", "read"), ("poster", "read,predict"))
    )
    api = start_api(tmp_path)
    with api.client() as client:
        assert client.get("/health/live").status_code == 200
        for path in ("/", "/predictions", "/static/site.css", "/docs", "/metrics", "/health", "/schema/openapi.json"):
            answer = client.get(path)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == 'Bearer realm="soccer"'
            assert client.get(path, headers=bearer(reader)).status_code == 200, path
        assert client.get("/leagues", headers={"x-api-key": reader}).status_code == 200

        page = client.get("/", headers={"accept": "text/html"})
        assert page.status_code == 401 and page.headers["www-authenticate"] == 'Basic realm="soccer", charset="UTF-8"'
        assert client.get("/", auth=("anything", reader)).status_code == 200

        wrong = reader[:-1] + ("a" if reader[-1] != "a" else "b")
        for key in (wrong, new_secret(), "soccer_", "é", reader.upper()):
            answer = client.get("/leagues", headers={b"authorization": f"Bearer {key}".encode()})
            assert answer.status_code == 401, key
            assert answer.headers["www-authenticate"] == 'Bearer realm="soccer", error="invalid_token"'
        for broken in ("Basic !!!", "Basic " + base64.b64encode(b"no colon").decode(), "Bearer", "Basic"):
            assert client.get("/leagues", headers={"authorization": broken}).status_code == 401, broken

        refused = client.post("/jobs", json=JOB, headers=bearer(reader))
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
        passed = client.post("/jobs", json=JOB, headers=bearer(poster))
        assert (passed.status_code, passed.json()["type"]) == (503, "/problems/no-worker")

        client.get("/leagues", headers=bearer(poster) | {"x-request-id": "with-key"})
        assert [entry["client"] for entry in api.entries("with-key")] == ["poster"]
        assert reader not in api.output + api.log

        newer = soccer(tmp_path, "rotate", "reader").stdout.strip()
        assert soccer(tmp_path, "revoke", "poster").returncode == 0
        time.sleep(1.2)
        assert [client.get("/leagues", headers=bearer(key)).status_code for key in (reader, newer, poster)] == [
            401, 200, 401,
        ]  # fmt: skip
        (tmp_path / "keys.json").unlink()
        time.sleep(1.2)
        assert client.get("/leagues").status_code == client.get("/leagues", headers=bearer(newer)).status_code == 401


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "expected keys of clients, found none"),
        ({"SERVING_OPEN": "true"}, "SERVING_ALLOWED_HOSTS: expected the names"),
    ],
)
def test_an_api_that_others_reach_does_not_start_without_keys_or_names(
    tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    environment = os.environ | {"SOCCER_VAR": str(tmp_path), "SERVING_HOST": "0.0.0.0", **variables}
    done = subprocess.run(
        [sys.executable, "-m", "serving.app"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and told in done.stderr and "Traceback" not in done.stderr


def test_the_file_keeps_hashes_alone_and_is_its_owners(tmp_path: Path) -> None:
    done = soccer(tmp_path, "add", "website", "--scopes", "predict,read", "--expires", "30")
    secret, file = done.stdout.strip(), tmp_path / "keys.json"
    assert has_form(secret) and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret not in file.read_text() and secret[7:50] not in file.read_text()
    (key,) = json.loads(file.read_text())
    assert (key["name"], key["scopes"]) == ("website", ["read", "predict"])
    assert dt.datetime.fromisoformat(key["expires_at"]) - dt.datetime.fromisoformat(key["created_at"]) == 30 * DAY
    listed = soccer(tmp_path, "list").stdout
    assert listed.startswith("website  read,predict  made ") and secret not in listed
    for arguments in (("add", "website", "--scopes", "read"), ("add", "x", "--scopes", "write"), ("revoke", "nobody")):
        refused = soccer(tmp_path, *arguments)
        assert refused.returncode == 1 and refused.stderr.startswith("error: ")


def test_an_earlier_key_is_valid_as_long_as_it_is_kept(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    file.add("website", ["read"], 10, NOW)
    file.rotate("website", 2 * DAY, NOW + DAY)
    old, new = file.read()
    assert (old.expires_at, new.expires_at) == (NOW + 3 * DAY, NOW + 11 * DAY)
    assert old.is_valid(NOW + 2 * DAY) and not old.is_valid(NOW + 3 * DAY)


def test_an_expired_key_opens_nothing(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    expired, valid = file.add("old", ["read"], 1, long_ago), file.add("new", ["read"], None, long_ago)
    keyring = Keyring(file.path)
    assert keyring.client(expired) is None
    client = keyring.client(valid)
    assert client is not None and (client.id, client.scopes) == ("new", frozenset({"read"}))


@pytest.mark.parametrize("name", ["", "A", "127.0.0.1", "a b", "local", "a\n", "x" * 41, "-a"])
def test_a_name_that_could_be_taken_for_another_client_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError):
        KeyFile(tmp_path / "keys.json").add(name, ["read"], None, NOW)


def test_a_broken_file_stops_the_start_and_not_a_running_process(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "keys.json")
    secret = file.add("website", ["read"], None, NOW)
    keyring = Keyring(file.path)
    file.path.write_text("[{")
    keyring._looked_at -= 10
    assert keyring.client(secret) is not None
    with pytest.raises(SettingsError, match="expected a file of `soccer keys`"):
        Keyring(file.path)


def test_keys_are_not_alike() -> None:
    keys = {new_secret() for _ in range(1000)}
    assert len(keys) == 1000 and all(FORM.fullmatch(key) and has_form(key) for key in keys)


@given(st.integers(7, 55), st.sampled_from(DIGITS))
def test_a_mistyped_character_is_seen_without_the_file(position: int, character: str) -> None:
    key = new_secret()
    changed = key[:position] + character + key[position + 1 :]
    assert has_form(changed) == (changed == key)


def test_a_key_of_other_fields_is_refused(tmp_path: Path) -> None:
    assert Key.__struct_fields__ == ("name", "sha256", "scopes", "created_at", "expires_at")
    path = tmp_path / "keys.json"
    path.write_text('[{"name": "a", "sha256": "b", "scopes": ["root"], "created_at": "2026-01-01T00:00:00Z"}]')
    with pytest.raises(SettingsError):
        KeyFile(path).read()


def test_keys_that_are_made_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: KeyFile(path).add(f"client-{number}", ["read"], None, NOW), range(24)))
    assert sorted(key.name for key in KeyFile(path).read()) == sorted(f"client-{number}" for number in range(24))
