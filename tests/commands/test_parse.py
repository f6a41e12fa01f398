"""`soccer parse`: what a raw payload yields, or why it is refused."""

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soccer_assets.commands.parse import READERS, parse
from soccer_assets.errors import ShapeError, SoccerError

ROOT = Path(__file__).parents[2]
#: The installed console command.
SOCCER = str(Path(sys.executable).with_name("soccer"))
CSV = b"Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\nE0,12/08/2023,Ember,Gale,2,1\nE0,32/08/2023,Hale,Isle,0,0\n"


@pytest.fixture
def file(tmp_path) -> Path:
    """A season archive as the site publishes it, below a folder of its season."""
    path = tmp_path / "mmz4281" / "2324" / "E0.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(CSV))
    return path


def printed(
    source: str, file: Path, address: str | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str]:
    out, err = io.StringIO(), io.StringIO()
    parse(source, [file], address, out, err)
    *unread, count = err.getvalue().splitlines()
    return [json.loads(line) for line in out.getvalue().splitlines()], [json.loads(line) for line in unread], count


def test_records_and_unread_ones_are_json_lines_without_empty_columns(file):
    records, unread, count = printed("football_data", file)
    assert [(r["match_date"], r["_league"], r["_season"], r["HomeTeam"], r["_line"]) for r in records] == [
        ("2023-08-12", "E0", "2023/24", "Ember", 2)
    ]
    assert "_extra" not in records[0]
    assert [(r["line"], r["reason"]) for r in unread] == [
        (3, "expected a date dd/mm/yy or dd/mm/yyyy, found 32/08/2023")
    ]
    assert count == "1 records, 1 quarantined"


def test_the_address_tells_what_the_file_s_place_does_not(tmp_path):
    file = tmp_path / "x.json"
    match = {"date": "2023-08-12", "team1": "Ember", "team2": "Gale", "time": "15:00", "score": {"ft": [2, 1]}}
    file.write_text(json.dumps({"name": "Test 2023/24", "matches": [match]}))
    assert "_league" not in printed("openfootball", file)[0][0]
    (record,), _, _ = printed("openfootball", file, "https://s.test/2023-24/en.1.json")
    assert (record["_league"], record["kick_off_at"]) == ("E0", "2023-08-12T14:00:00Z")


def test_a_payload_that_is_refused_says_why(tmp_path):
    file = tmp_path / "page.html"
    file.write_bytes(b"<html>no data</html>")
    for source in READERS:
        with pytest.raises(ShapeError, match=f"{file.as_uri()}: expected"):
            printed(source, file)


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        (
            "sofifa",
            "E0.csv.gz",
            "expected SOURCE out of football_data, football_data_fixtures, openfootball, .*'sofifa'",
        ),
        ("fonbet", "nothing.json", "nothing.json: expected a file, found none"),
        ("fonbet", "broken.json.gz", "broken.json.gz: expected a whole gzip file, found"),
    ],
)
def test_what_cannot_be_asked_is_told(tmp_path, source, name, message):
    (tmp_path / "broken.json.gz").write_bytes(gzip.compress(b"{}" * 100)[:-9])
    with pytest.raises(SoccerError, match=message):
        printed(source, tmp_path / name)


def test_the_command_prints_and_exits_with_1_when_the_payload_is_refused(file, tmp_path):
    page = tmp_path / "page.html"
    page.write_bytes(b"<html>no data</html>")

    def command(path: Path) -> subprocess.CompletedProcess[str]:
        line = [SOCCER, "parse", "football_data", str(path)]
        return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60)

    good, bad = command(file), command(page)
    assert (good.returncode, len(good.stdout.splitlines())) == (0, 1)
    assert good.stderr.splitlines()[-1] == "1 records, 1 quarantined"
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr.startswith(f"error: {page.as_uri()}: expected CSV, found an HTML page")


@pytest.mark.parametrize("source", READERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=80)
    | st.sampled_from([CSV, b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 5000, b"1;2;a;b;1;1"]),
    packed=st.booleans(),
)
def test_any_bytes_end_with_one_message(tmp_path_factory, source, body, packed):
    path = tmp_path_factory.mktemp("any") / ("2024-05-01.json.gz" if packed else "2024-05-01.json")
    path.write_bytes(body)
    try:
        _, _, count = printed(source, path)
    except SoccerError as error:
        assert str(error).count("\n") == 0
    else:
        assert "records, " in count


def test_a_broken_deflate_stream_and_what_nobody_foresaw_are_told(tmp_path, monkeypatch):
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(b"{}" * 100)[:12] + b"\xff" * 40)
    with pytest.raises(ShapeError, match="expected a whole gzip file, found"):
        printed("understat", path)

    def parse_nothing(answers):
        raise KeyError("dates")

    monkeypatch.setitem(READERS, "understat", (lambda *given: None, parse_nothing))
    (tmp_path / "y.json").write_text("{}")
    with pytest.raises(ShapeError, match="y.json: expected an answer that can be read, found KeyError: 'dates'"):
        printed("understat", tmp_path / "y.json")


def test_packets_are_taken_in_the_order_given(tmp_path):
    full = {"packetVersion": 5, "sports": [{"id": 1, "name": "Футбол"}], "customFactors": [],
            "events": [{"id": 9, "sportId": 1, "place": "line", "startTime": 1714588200, "team1": "Альба",
                        "team2": "Борея"}]}  # fmt: skip
    then = {"packetVersion": 6, "fromVersion": 5, "sports": [{"id": 1, "name": "Футбол. Кубок"}]}
    files = [tmp_path / "z.json", tmp_path / "a.json"]
    for file, packet, written in zip(files, (full, then), (2_000, 1_000), strict=True):
        file.write_text(json.dumps(packet))
        os.utime(file, (written, written))  # the later one is the older file
    out, err = io.StringIO(), io.StringIO()
    parse("fonbet", files, None, out, err)
    assert [json.loads(line)["competition"] for line in out.getvalue().splitlines()] == ["Футбол", "Кубок"]
