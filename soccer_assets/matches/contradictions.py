"""Why a record of football-data.co.uk cannot be trusted: what it says of itself, and what others say of its match."""

import datetime as dt

import polars as pl

from soccer_assets.matches.records import COUNTS, GOALS, MOST_GOALS, NO_SCORE
from soccer_assets.matches.schema import PAIR
from soccer_assets.matches.seasons import SINGLE_MEETINGS

#: One result on two days within this is one match.
LISTED_TWICE = dt.timedelta(days=7)
#: Results in another league that make a club one of it.
LEAST_ELSEWHERE = 3
#: No two clubs meet twice at one ground so soon; the nearest meetings of any league since 1993 are three days apart.
NEVER_AGAIN = dt.timedelta(days=2)


def contradiction(records: pl.DataFrame) -> pl.Series:
    """Why each record cannot be trusted; null where it can.

    Args:
        records: rows in `records.FORM` with `home_id`, `away_id` and `_played`: whether it is one of an archive.
    """
    home, away, score = pl.col("home_goals"), pl.col("away_goals"), pl.col("score_text")
    result = pl.when(home > away).then(pl.lit("H")).when(home < away).then(pl.lit("A")).otherwise(pl.lit("D"))
    day, scored = [*PAIR, "match_date", "_played"], home.is_not_null()
    # a line without a score is no second score, and not the one that counts
    scores = pl.struct(home, away).filter(scored).n_unique().over(day)
    first_line = pl.col("line").sort_by(~scored, "line").first().over(day)
    records = records.with_columns(_again=_listed_again(records), _theirs=_league_of_clubs(records))
    records = records.with_columns(_elsewhere=_club_of_another_league(records))
    return records.select(
        pl.when(pl.col("home_id") == pl.col("away_id"))
        .then(pl.format("expected two clubs, found {} against {}", "home", "away"))
        .when(pl.col("_theirs").is_not_null())
        .then(pl.format("expected a fixture of {}, whose clubs these are, found {}", "_theirs", "league"))
        .when(pl.col("_elsewhere").is_not_null())
        .then(pl.format("expected clubs of {}, found {}", "league", "_elsewhere"))
        .when(~pl.col("_played"))
        .then(None)
        .when((home.is_null() | away.is_null()) & (score != f"{NO_SCORE}-{NO_SCORE}"))
        .then(pl.format("expected two whole numbers of goals, found {}", score))
        .when((home < 0) | (away < 0) | (home > MOST_GOALS) | (away > MOST_GOALS))
        .then(pl.format("expected 0 to {} goals, found {}", pl.lit(MOST_GOALS), score))
        .when(scored & pl.col("result").is_in(["H", "D", "A"]) & (pl.col("result") != result))
        .then(pl.format("expected the result to follow from the score, found {} beside {}", "result", score))
        .when(scored & (scores > 1))
        .then(pl.format("expected one score of the match on this date, found {} beside another", score))
        .when(pl.col("line") != first_line)
        .then(pl.format("expected the match once, found it again; first on line {}", first_line))
        .when(pl.col("_again").is_not_null())
        .then(pl.format("expected the match once, found it again on {}; first on {}", "match_date", "_again"))
        .alias("reason")
    ).to_series()


def _league_of_clubs(records: pl.DataFrame) -> pl.Series:
    """The league whose results of the season have both clubs of a fixture, where its own has neither; else null."""
    results, sides = records.filter("_played"), ("home_id", "away_id")
    clubs = pl.concat([results.select("season", "league", club=side) for side in sides]).unique()
    fixtures = records.with_row_index("_n").filter(~pl.col("_played")).select("_n", "season", *sides, own="league")
    for side in sides:
        of_club = clubs.group_by("season", "club").agg(pl.col("league").sort())
        fixtures = fixtures.join(of_club.rename({"club": side, "league": f"{side}_leagues"}), on=["season", side])
    home, away = (pl.col(f"{side}_leagues") for side in sides)
    theirs = fixtures.filter(~home.list.contains(pl.col("own")), ~away.list.contains(pl.col("own"))).select(
        "_n", _league=home.list.set_intersection(away).list.first()
    )
    numbered = records.select(_n=pl.int_range(pl.len(), dtype=pl.UInt32))
    return numbered.join(theirs, on="_n", how="left", maintain_order="left")["_league"]


def _club_of_another_league(records: pl.DataFrame) -> pl.Series:
    """The club of each record that has its results of the season in another league, and no other in this; else null.

    Of 220,331 archived matches since 1993 none is so.
    """
    sides, club = ("home", "away"), ["season", "_club"]
    results = records.filter("_played")
    counts = pl.concat([results.select("season", "league", _club=f"{side}_id") for side in sides])
    counts = counts.group_by(*club, "league").len("_results")
    most = counts.sort("_results", "league", descending=[True, False]).unique(club, keep="first", maintain_order=True)
    most = most.filter(pl.col("_results") >= LEAST_ELSEWHERE).select(*club, _most="league")
    strangers = []
    for side in sides:
        rows = records.select("season", "league", "_played", name=side, _club=f"{side}_id")
        rows = rows.join(most, on=club, how="left", maintain_order="left")
        rows = rows.join(counts, on=[*club, "league"], how="left", maintain_order="left")
        alone = pl.col("_results").fill_null(0) - pl.col("_played").cast(pl.Int64) <= 0
        elsewhere = alone & (pl.col("_most") != pl.col("league"))
        strangers.append(
            rows.select(pl.when(elsewhere).then(pl.format("{}, which plays in {}", "name", "_most"))).to_series()
        )
    return strangers[0].zip_with(strangers[0].is_not_null(), strangers[1])


def _listed_again(records: pl.DataFrame) -> pl.Series:
    """The earlier date within a week on which a result stands as well; null where it stands once.

    In a league of single meetings the score tells that it is the same match, elsewhere every figure; where figures are
    not published, and whatever they say, two days do.
    """
    single = pl.col("league").is_in(SINGLE_MEETINGS)
    figures = pl.when(single).then(pl.struct(GOALS).hash()).otherwise(pl.struct(COUNTS).hash())
    numbered = records.with_row_index("_n")
    results = numbered.filter(pl.col("_played") & pl.col("home_goals").is_not_null()).with_columns(_figures=figures)
    alike, any_before = (
        pl.col("match_date").shift().over(by, order_by="match_date") for by in ([*PAIR, "_figures"], PAIR)
    )
    telling = single | pl.col("home_shots").is_not_null()
    again = results.with_columns(
        _before=pl.when(telling & _within(alike, LISTED_TWICE))
        .then(alike)
        .when(_within(any_before, NEVER_AGAIN))
        .then(any_before)
    )
    return numbered.join(again.select("_n", "_before"), on="_n", how="left", maintain_order="left")["_before"]


def _within(before: pl.Expr, span: dt.timedelta) -> pl.Expr:
    apart = pl.col("match_date") - before
    return (apart > dt.timedelta()) & (apart <= span)
