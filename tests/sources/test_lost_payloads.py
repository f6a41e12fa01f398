"""Stored answers that are lost or changed: never parsed, healed by the source, and no hindrance once superseded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from soccer_assets.errors import LostPayloadError
from soccer_assets.simulation.site import Status
from tests.sources.test_acquisition import BETTER, FILE, FIRST, GOOD, LAST, told

pytestmark = pytest.mark.enable_socket

DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "changed": lambda path: path.write_bytes(path.read_bytes().replace(b"[2, 1]", b"[9, 1]")),
}
damaged = pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)


@pytest.fixture
def taken(site, acquisition, tmp_path):
    """A good answer that was taken, and the file that holds its bytes."""
    site.files[FILE] = GOOD
    acquired = acquisition("openfootball_matches").acquire(FIRST, LAST)
    return acquired, tmp_path / "payloads" / acquired.rows["_payload_id"][0]


@damaged
def test_a_source_that_still_has_the_bytes_is_asked_for_them_anew(site, acquisition, taken, damage):
    good, path = taken
    damage(path)
    again = acquisition("openfootball_matches").acquire(FIRST, LAST)
    assert again.problem == ""
    assert_frame_equal(again.rows.drop("_seen_at"), good.rows.drop("_seen_at"))
    assert path.read_bytes() == GOOD
    assert [status for name, status in site.requests if name == FILE] == [200, 200]


@damaged
def test_a_source_that_gives_others_needs_the_lost_ones_no_more(site, acquisition, taken, damage):
    _, path = taken
    damage(path)
    site.files[FILE] = BETTER
    for _ in range(2):
        newest = acquisition("openfootball_matches").acquire(FIRST, LAST)
        assert (told(newest), newest.problem) == ([-3, -2, -1, 0, 1], "")


@damaged
def test_without_the_source_the_lost_bytes_fail_the_table_and_say_what_to_do(site, acquisition, taken, damage):
    _, path = taken
    damage(path)
    site.fault(FILE, Status(500))
    with pytest.raises(LostPayloadError, match=rf"^{path}: expected .*; restore them from a backup .* or run again"):
        acquisition("openfootball_matches").acquire(FIRST, LAST)
    with pytest.raises(LostPayloadError):
        acquisition("openfootball_matches", replay=True).acquire(FIRST, LAST)
