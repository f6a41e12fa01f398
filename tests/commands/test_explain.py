import math
import re
from typing import Any

import polars as pl
import pytest


@pytest.fixture(scope="module")
def coming(season) -> dict[str, Any]:
    rows = season.lake.read("predictions", season.today, season.last).filter(line="blend")
    return rows.sort("match_date", "match_id").row(-1, named=True)


def test_a_forecast_is_told_as_factors_of_odds_that_multiply_to_it(season, soccer, coming):
    done = soccer("explain", coming["match_id"])
    assert done.exit_code == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first.startswith(
        f"{coming['home']} - {coming['away']}, {coming['league']}, {coming['match_date']}, line blend"
    )
    assert f"home {coming['p_home']:.1%}" in first
    found = re.findall(r"^  (.+) x ([\d.]+), draw x ([\d.]+): ", done.stdout, re.MULTILINE)
    factors = [(float(one) if club == coming["home"] else 1 / float(one), float(draw)) for club, one, draw in found]
    *parts, whole = factors
    for column in (0, 1):
        assert math.prod(part[column] for part in parts) == pytest.approx(whole[column], rel=0.05)  # two digits each
    assert whole[0] == pytest.approx(coming["p_home"] / coming["p_away"], rel=0.01)
    assert "the prices before the match" in done.stdout


def test_it_names_similar_matches_and_what_would_change_it(season, soccer, coming):
    text = soccer("explain", coming["match_id"], "--line", "blend").stdout
    similar = season.lake.read("similar_matches").filter(match_id=coming["match_id"]).sort("rank")
    row = similar.row(0, named=True)
    assert f"{row['similar_match_date']} {row['home']} {row['home_goals']}-{row['away_goals']} {row['away']}" in text
    model = season.lake.read("predictions").filter(match_id=coming["match_id"], line="model").row(0, named=True)
    assert f"if no bookmaker quotes the match: home {model['p_home']:.1%}" in text
    assert "if the last result of the home club is not known: home " in text


def test_the_models_own_line_has_the_catalogues_words(season, soccer, coming):
    text = soccer("explain", coming["match_id"], "--line", "model").stdout
    largest = (
        season.lake.read("explanations")
        .filter(pl.col("feature").is_not_null(), match_id=coming["match_id"], line="model")
        .sort(pl.col("home_away").abs() + pl.col("draw").abs())
        .row(-1, named=True)
    )
    assert f"{largest['description']} (most by {largest['feature_description']}: " in text
    assert "no bookmaker" not in text


def test_a_match_without_a_forecast_is_one_message(season, soccer):
    done = soccer("explain", "E0.202627.nobody.nowhere")
    assert done.exit_code == 1
    assert "expected a forecast of 'E0.202627.nobody.nowhere' on the line model with its explanation" in done.stderr
