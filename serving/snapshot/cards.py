"""What a list of matches shows of each: its forecast, the blend's best bet, and the last five matches of both clubs."""

from typing import Final

import polars as pl

from serving.contracts import Match
from serving.snapshot.forecasts import ForecastView
from soccer_assets.matches.schema import MATCHES, SCORED
from soccer_assets.storage.tables import Column

LAST = 5
CHANCES: Final = pl.Struct({"home": pl.Float64, "draw": pl.Float64, "away": pl.Float64})
BET: Final = pl.Struct(
    {"line": pl.String, "market": pl.String, "goals_line": pl.Float64, "selection": pl.String, "edge": pl.Float64,
     "price": pl.Float64}
)  # fmt: skip
#: `held`: the likeliest outcome of the forecast happened; null without a forecast.
FORM: Final = pl.List(
    pl.Struct({"match_id": pl.String, "match_date": pl.Date, "result": pl.String, "held": pl.Boolean})
)
COLUMNS: Final = (
    *(column for column in MATCHES.columns if column.name in Match.__struct_fields__),
    Column("model", CHANCES, "probabilities without prices of the match"),
    Column("market", CHANCES, "probabilities of the prices, margin removed", nullable=True),
    Column("blend", CHANCES, "both", nullable=True),
    Column("held", pl.Boolean, "the likeliest outcome of the blend, else of the model, happened", nullable=True),
    Column("bet", BET, "the blend's bet with the highest edge", nullable=True),
    Column("home_form", FORM, "the home club's last five matches, newest first"),
    Column("away_form", FORM, "the away club's last five matches, newest first"),
)
_KEY = ["match_date", "match_id"]


def cards(
    forecasts: ForecastView, value_bets: pl.LazyFrame, matches: pl.LazyFrame, settled: pl.LazyFrame
) -> pl.DataFrame:
    """A row of `COLUMNS` per match with a forecast, by date and id."""
    held = (
        settled.filter(pl.col("line").is_in(["blend", "model"]))
        .sort(pl.col("line") != "blend")
        .unique("match_id", keep="first", maintain_order=True)
        .select("match_id", held="hit")
        .collect()
    )
    played = matches.select(*_KEY, "status", "home_id", "away_id", "home_goals", "away_goals").collect()
    rows = (
        forecasts.rows.join(played.drop("status"), on=_KEY, how="left")
        .join(held, on="match_id", how="left")
        .join(_best_bets(value_bets), on=_KEY, how="left")
    )
    form = _form(played.filter(pl.col("status").is_in(SCORED)), held)
    for side in ("home", "away"):
        rows = _with_form(rows, form, side)
    return rows.select(column.name for column in COLUMNS).sort(_KEY)


def _best_bets(value_bets: pl.LazyFrame) -> pl.DataFrame:
    bet = pl.struct(field.name for field in BET.fields).alias("bet")
    best = value_bets.filter(pl.col("line") == "blend").sort("edge", descending=True)
    return best.unique(_KEY, keep="first", maintain_order=True).select(*_KEY, bet).collect()


def _form(played: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Each match once for each of its clubs: team_id, match_date, match, and its numbers in all and of the club."""
    margin = pl.col("home_goals").cast(pl.Int32) - pl.col("away_goals")
    sides = pl.concat(
        played.select(
            *_KEY,
            team_id=f"{side}_id",
            result=pl.when(own > 0).then(pl.lit("won")).when(own < 0).then(pl.lit("lost")).otherwise(pl.lit("drawn")),
        )
        for side, own in (("home", margin), ("away", -margin))
    )
    return (
        sides.join(held, on="match_id", how="left")
        .sort("team_id", *_KEY)
        .select(
            "team_id",
            "match_date",
            match=pl.struct("match_id", "match_date", "result", "held"),
            row=pl.int_range(pl.len()),
            of_club=pl.int_range(pl.len()).over("team_id"),
        )
    )


def _with_form(rows: pl.DataFrame, form: pl.DataFrame, side: str) -> pl.DataFrame:
    """The rows with the form that the club of one side had before the match date."""
    joined = rows.sort("match_date").join_asof(
        form.select("team_id", "match_date", "row", "of_club").sort("match_date").rename({"team_id": f"{side}_id"}),
        on="match_date",
        by=f"{side}_id",
        strategy="backward",
        allow_exact_matches=False,
        check_sortedness=False,
    )
    # matches are joined once, by the numbers of all cards: lists of structs, column by column, would take seconds
    count = pl.min_horizontal(pl.col("of_club") + 1, LAST)
    earlier = joined.select(card=pl.int_range(pl.len()), row=pl.int_ranges("row", pl.col("row") - count, -1))
    matches = earlier.explode("row").join(form.select("row", "match"), on="row", how="left", maintain_order="left")
    listed = matches.group_by("card", maintain_order=True).agg(pl.col("match").drop_nulls())["match"]
    return joined.drop("row", "of_club").with_columns(listed.alias(f"{side}_form"))
