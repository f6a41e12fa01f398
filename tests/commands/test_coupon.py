import json

import polars as pl
import pytest


def coming(season) -> pl.DataFrame:
    """Matches to come that have a blend."""
    rows = season.lake.read("predictions", season.today, season.last).filter(line="blend")
    return rows.sort("match_date", "match_id").tail(3)


def test_an_accumulator_file_is_reported_with_the_whole_ticket_first(season, soccer, tmp_path):
    matches = coming(season)
    one, other = matches["match_id"].to_list()[:2]
    file = tmp_path / "coupon.csv"
    file.write_text(
        f"match_id,market,goals_line,selection,price\n{one},1x2,,home,3.0\n{one},over_under,2.5,over,\n{other},1x2,,draw,3.4\n"
    )
    done = soccer("coupon", file)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Whole ticket: ") and "every leg is won; fair price" in lines[0]
    assert "1x2 home, over_under over 2.5" in done.stdout
    assert lines[-1].startswith("No bet is advice.")
    report = json.loads(soccer("coupon", file, "--json").stdout)
    assert f"{report['chance']:.4%}" in lines[0]
    assert report["combinations"][1]["chance"] == pytest.approx(matches["p_draw"][1], abs=1e-12)
    assert report["price"] == 3.0 * 3.4


def test_a_pool_file_lists_the_likeliest_columns_and_the_system(season, soccer, tmp_path):
    fixtures = [{"match_id": match_id} for match_id in coming(season)["match_id"]]
    file = tmp_path / "pool.json"
    file.write_text(json.dumps({"kind": "pool", "fixtures": fixtures, "columns": 5, "budget": 4}))
    done = soccer("coupon", file)
    assert done.exit_code == 0, done.stderr
    assert "that one of 1 columns is right" in done.stdout
    assert "Right outcomes: 0 " in done.stdout
    assert "System of " in done.stdout
    assert (
        sum(set(line.strip().split()[0]) <= set("1X2") for line in done.stdout.splitlines() if line.startswith("  "))
        == 5
    )


def test_a_coupon_that_is_none_is_one_message(soccer, tmp_path):
    file = tmp_path / "coupon.json"
    file.write_text(json.dumps({"kind": "pool", "fixtures": [{"match_id": f"m{n}"} for n in range(21)]}))
    done = soccer("coupon", file)
    assert (done.exit_code, done.stderr) == (1, "error: expected 1 to 20 fixtures, found 21\n")
