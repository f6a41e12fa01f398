"""Tables of the forecasts of seasons."""

import polars as pl

from soccer_assets.leagues import LEAGUES
from soccer_assets.storage.tables import Column, Table

#: What a place in the final table can bring; `europe` is by the place in the league alone.
SEASON_EVENTS = (
    "title", "top_four", "europe", "promotion", "promotion_play_off", "relegation_play_off", "relegation",
)  # fmt: skip
#: The quantiles of points that are stored, in hundredths.
POINTS_QUANTILES = (5, 25, 50, 75, 95)
_CLUB = (
    Column("match_date", pl.Date, "results before this date count"),
    Column("league", pl.String, "division code", among=tuple(LEAGUES)),
    Column("season", pl.String, "2023/24, or 2023 in a league of calendar years"),
    Column("team_id", pl.String, "the club"),
    Column("club", pl.String, "the source's own name of the club"),
)

SEASON_FORECASTS = Table(
    "season_forecasts",
    "One club of a league and how it ends the season, as known on the morning of the match date.",
    (
        *_CLUB,
        Column("position", pl.Int16, "position in the table, 1 is first", ge=1),
        Column("played", pl.Int16, "matches played", ge=0),
        Column("points", pl.Int16, "points that count, less those deducted"),
        Column("points_deducted", pl.Int16, "points deducted so far"),
        Column("goal_difference", pl.Int16, "goals scored less conceded"),
        Column("matches_left", pl.Int16, "matches left of the regular rounds, or after the split", ge=0),
        Column("best_position", pl.Int16, "the best final position that arithmetic allows", ge=1),
        Column("worst_position", pl.Int16, "the worst one", ge=1),
        Column("points_expected", pl.Float64, "mean of the final points"),
        *(
            Column(f"points_{share:02}", pl.Int16, f"final points that {share} % of the runs do not exceed")
            for share in POINTS_QUANTILES
        ),
        Column("goal_difference_expected", pl.Float64, "mean of the final goal difference"),
        Column("positions", pl.List(pl.Float64), "probability of each final position, the first one first"),
        *(
            Column(f"p_{event}", pl.Float64, f"probability of {text}; null where the league has none", nullable=True,
                   ge=0, le=1)
            for event, text in zip(SEASON_EVENTS, (
                "the title, or the first place", "one of the first four places",
                "a place that leads to Europe by itself", "going up without a play-off", "a play-off to go up",
                "a play-off to stay", "going down without a play-off",
            ), strict=True)
        ),
        Column("settled", pl.List(pl.String), "events that are certain or excluded by arithmetic; null: not computed",
               nullable=True),
        Column("strength", pl.Float64, "log-odds strength on the date"),
        Column("strength_deviation", pl.Float64, "standard deviation that it is drawn with in each run", ge=0),
        Column("rated", pl.Boolean, "the club has a rating of its own"),
        Column("assumed", pl.String, "what of the season's rules no source was read for, comma-separated"),
        Column("runs", pl.Int32, "how often the rest of the season was played", ge=1),
        Column("seed", pl.Int64, "seed of all random numbers"),
        Column("monte_carlo_error", pl.Float64, "largest standard error of a probability of the row by the number of "
               "runs", ge=0, le=0.5),
    ),
    ("match_date", "league", "team_id"),
)  # fmt: skip

SEASON_CHANGES = Table(
    "season_changes",
    "One expectation of one club's season and why it differs from that of the match date before.",
    (
        *_CLUB,
        Column("since", pl.Date, "the date of the forecast before"),
        Column("event", pl.String, "points, or what a place brings", among=("points", *SEASON_EVENTS)),
        Column("before", pl.Float64, "expected points or probability then"),
        Column("own_result", pl.Float64, "change by the club's own results; null where no run had them", nullable=True),
        Column("other_results", pl.Float64, "by those of the other clubs; with the club's own where that is null"),
        Column("ratings", pl.Float64, "by the strengths of all clubs, which have changed with results and prices"),
        Column("fixtures", pl.Float64, "by points deducted, clubs withdrawn and matches moved to another ground"),
        Column("after", pl.Float64, "expected points or probability now"),
    ),
    ("match_date", "league", "team_id", "event"),
)
