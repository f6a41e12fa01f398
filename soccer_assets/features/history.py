"""What is known of clubs after each of their matches, and the features of any fixture read from it.

The past is held as states: a club after a match, a pair of clubs after a meeting, a table after a match day. A
fixture takes the newest state strictly before its own date. That one rule keeps later knowledge out, for matches of
long ago, of today and of next week alike, and for a fixture that somebody asks about.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from soccer_assets.features.catalog import MEETINGS, METRICS, WINDOWS, form_name
from soccer_assets.features.elo import rate
from soccer_assets.features.schema import IDENTITY, MATCH_FEATURES
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import FORECAST

LONGEST_REST_DAYS = 60
MOST_MATCHES_KNOWN = 40
DATE = "match_date"
TABLE = ("table_points", "table_goal_difference", "table_played")


@dataclass(frozen=True)
class States:
    """Rows sorted by `keys` and date, with the place of each key, so that few fixtures read few rows."""

    keys: tuple[str, ...]
    rows: pl.DataFrame
    places: dict[tuple[str, ...], tuple[int, int]]

    @classmethod
    def of(cls, rows: pl.DataFrame, keys: Sequence[str]) -> "States":
        rows = rows.sort(*keys, DATE)
        counts = rows.select(pl.struct(keys).rle().alias("run")).unnest("run")
        places, start = {}, 0
        for length, value in counts.rows():
            places[tuple(value.values())] = (start, length)
            start += length
        return cls(tuple(keys), rows, places)

    def about(self, wanted: pl.DataFrame) -> pl.DataFrame:
        """The rows whose key occurs in `wanted`."""
        keys = set(wanted.select(self.keys).iter_rows())
        if len(keys) * 4 > len(self.places):
            return self.rows
        parts = [self.rows.slice(*self.places[key]) for key in sorted(keys) if key in self.places]
        return pl.concat(parts) if parts else self.rows.clear()

    def before(self, wanted: pl.DataFrame) -> pl.LazyFrame:
        """`wanted` with the newest state strictly before each row's date; its order is kept."""
        joined = (
            wanted.lazy()
            .with_row_index("_row")
            .sort(DATE)
            .join_asof(
                self.about(wanted).lazy().sort(DATE),
                on=DATE,
                by=list(self.keys),
                strategy="backward",
                allow_exact_matches=False,
                check_sortedness=False,
            )
        )
        return joined.sort("_row").drop("_row")


@dataclass(frozen=True)
class History:
    """States of clubs, at their venues, of pairs, and of league tables."""

    as_of: dt.date
    clubs: States
    venues: States
    pairs: States
    table: States
    calendar: States
    rosters: States

    @classmethod
    def build(cls, matches: pl.DataFrame, ratings: pl.DataFrame | None = None) -> "History":
        """States after every finished match; `ratings` saves rating the clubs again.

        Args:
            matches: rows of the table `matches`.
            ratings: rows of the table `team_ratings` for the same matches.
        """
        played = matches.filter(pl.col("status") == "finished").sort(DATE, "match_id")
        ratings = rate(matches) if ratings is None else ratings
        long = _both_sides(played)
        # a match that was awarded counts in the table, and says nothing of how the clubs play
        standing = matches.filter(pl.col("status").is_in(["finished", "awarded"]), pl.col("home_goals").is_not_null())
        decided = long if len(standing) == len(played) else _both_sides(standing)
        newest = played[DATE].max()
        assert newest is None or isinstance(newest, dt.date)
        return cls(
            as_of=newest or dt.date.min,
            clubs=States.of(_club_states(long, ratings), ["team_id"]),
            venues=States.of(_form(long, "venue"), ["team_id", "venue"]),
            pairs=States.of(_pair_states(long), ["team_id", "opponent_id"]),
            table=States.of(_table_states(decided), ["league", "season", "team_id"]),
            calendar=States.of(_calendar(matches), ["team_id"]),
            rosters=States.of(_rosters(matches), ["league", "season"]),
        )

    def features(self, fixtures: pl.DataFrame) -> pl.DataFrame:
        """Identity and features of each fixture, in the order given.

        Args:
            fixtures: match_id, match_date, league, season, home_id, away_id.
        """
        fixtures = fixtures.select(column.name for column in IDENTITY)
        every = pl.concat([fixtures.lazy(), *self._of_sides(fixtures), self._of_pair(fixtures)], how="horizontal")
        tiers = {code: league.tier for code, league in LEAGUES.items()}
        complete = every.with_columns(
            elo_diff=pl.col("home_elo") - pl.col("away_elo"), tier=pl.col("league").replace_strict(tiers)
        )
        # one query for all of it: for a single fixture the queries cost more than what they find
        return complete.select(MATCH_FEATURES.schema.names()).collect().cast(MATCH_FEATURES.schema)  # type: ignore[arg-type]

    def _of_sides(self, fixtures: pl.DataFrame) -> Iterator[pl.LazyFrame]:
        """The columns of the home side, then those of the away side; both are looked up at once."""
        sides = ("home", "away")
        wanted = pl.concat(
            [fixtures.select(DATE, "league", "season", venue=pl.lit(side), team_id=f"{side}_id") for side in sides]
        )
        last = self.calendar.before(wanted.select(DATE, "team_id"))
        rest = (pl.col(DATE) - pl.col("last_date")).dt.total_days().clip(upper_bound=LONGEST_REST_DAYS)
        form = [form_name(scope, metric, n) for scope in ("all",) for metric in METRICS for n in WINDOWS[scope]]
        at_venue = [form_name("venue", metric, n) for metric in METRICS for n in WINDOWS["venue"]]
        columns = pl.concat(
            [
                self.clubs.before(wanted).select("elo", "matches_known", *form),
                self.venues.before(wanted).select(at_venue),
                self._standings(wanted).select("table_position", *TABLE),
                last.select(rest_days=rest),
            ],
            how="horizontal",
        ).collect()
        for side, start in zip(sides, (0, len(fixtures)), strict=True):
            part = columns.slice(start, len(fixtures))
            yield part.rename({name: f"{side}_{name}" for name in columns.columns}).lazy()

    def _of_pair(self, fixtures: pl.DataFrame) -> pl.LazyFrame:
        wanted = fixtures.select(DATE, team_id="home_id", opponent_id="away_id")
        names = ["meetings_goal_difference", "meetings_points", "meetings_known"]
        return self.pairs.before(wanted).select(*names[:2], pl.col("meetings_known").fill_null(0))

    def _standings(self, wanted: pl.DataFrame) -> pl.LazyFrame:
        """Each club's place in its league as of the morning of the day."""
        days = wanted.select("league", "season", DATE).unique()
        # a club counts from its first match of the season on: what comes later must not change an earlier table
        clubs = self.rosters.about(days).rename({DATE: "first_date"})
        grid = days.join(clubs, on=["league", "season"]).filter(pl.col("first_date") <= pl.col(DATE))
        standing = self.table.before(grid).with_columns(pl.col(name).fill_null(0) for name in TABLE)
        order = pl.struct(
            -pl.col("table_points_total").fill_null(0), -pl.col("table_difference_total").fill_null(0), "team_id"
        )
        places = standing.with_columns(table_position=order.rank("ordinal").over("league", "season", DATE)).select(
            "league", "season", DATE, "team_id", "table_position", *TABLE
        )
        on = ["league", "season", DATE, "team_id"]
        return wanted.lazy().join(places, on=on, how="left", maintain_order="left")


def about(matches: pl.DataFrame, fixtures: pl.DataFrame) -> pl.DataFrame:
    """The matches that the features of `fixtures` are read from: those of their clubs, leagues and seasons."""
    clubs = pl.concat([fixtures["home_id"], fixtures["away_id"]]).unique().implode()
    seasons = fixtures.select("league", "season").unique().with_columns(_theirs=pl.lit(True))
    return (
        matches.join(seasons, on=["league", "season"], how="left", maintain_order="left")
        .filter(pl.col("_theirs") | pl.col("home_id").is_in(clubs) | pl.col("away_id").is_in(clubs))
        .drop("_theirs")
    )


def _both_sides(played: pl.DataFrame) -> pl.DataFrame:
    """A row per club and match, seen from the club's side."""
    parts = []
    for side, other in (("home", "away"), ("away", "home")):
        parts.append(
            played.select(
                DATE,
                "match_id",
                "league",
                "season",
                pl.lit(side).alias("venue"),
                team_id=f"{side}_id",
                opponent_id=f"{other}_id",
                **{
                    f"{metric}_{way}": pl.col(f"{whose}_{metric}").cast(pl.Float32)
                    for metric in ("goals", "shots", "shots_on_target", "corners", "xg")
                    for way, whose in (("for", side), ("against", other))
                },
            )
        )
    won = pl.col("goals_for") > pl.col("goals_against")
    level = pl.col("goals_for") == pl.col("goals_against")
    points = pl.when(won).then(3.0).when(level).then(1.0).otherwise(0.0).cast(pl.Float32)
    return pl.concat(parts).with_columns(points=points).sort("team_id", DATE)


def _form(long: pl.DataFrame, scope: str) -> pl.DataFrame:
    """Means over a club's last matches, those without the figure left out."""
    by = ["team_id"] if scope == "all" else ["team_id", "venue"]
    return long.sort(*by, DATE).select(
        *by,
        DATE,
        "match_id",
        *(
            pl.col(metric).rolling_mean(window, min_samples=1).over(by).alias(form_name(scope, metric, window))
            for metric in METRICS
            for window in WINDOWS[scope]
        ),
    )


def _club_states(long: pl.DataFrame, ratings: pl.DataFrame) -> pl.DataFrame:
    known = pl.col("match_id").cum_count().over("team_id").clip(upper_bound=MOST_MATCHES_KNOWN)
    return (
        _form(long, "all")
        .with_columns(matches_known=known)
        .join(ratings.select("match_id", "team_id", elo="elo_after"), on=["match_id", "team_id"], how="left")
        .drop("match_id")
    )


def _pair_states(long: pl.DataFrame) -> pl.DataFrame:
    pair = ["team_id", "opponent_id"]
    return long.sort(*pair, DATE).select(
        *pair,
        DATE,
        meetings_goal_difference=(pl.col("goals_for") - pl.col("goals_against"))
        .rolling_mean(MEETINGS, min_samples=1)
        .over(pair),
        meetings_points=pl.col("points").rolling_mean(MEETINGS, min_samples=1).over(pair),
        meetings_known=pl.col("points").cum_count().over(pair).clip(upper_bound=MEETINGS),
    )


def _table_states(long: pl.DataFrame) -> pl.DataFrame:
    """A club's line in the league table after each of its matches; ranking takes points, then goal difference."""
    of = ["league", "season", "team_id"]
    difference = pl.col("goals_for") - pl.col("goals_against")
    totals = long.sort(*of, DATE).select(
        *of,
        DATE,
        table_points_total=pl.col("points").cum_sum().over(of),
        table_difference_total=difference.cum_sum().over(of),
        table_played=pl.col("points").cum_count().over(of).cast(pl.Float32),
    )
    return totals.with_columns(
        table_points=pl.col("table_points_total") / pl.col("table_played"),
        table_goal_difference=pl.col("table_difference_total") / pl.col("table_played"),
    )


def _calendar(matches: pl.DataFrame) -> pl.DataFrame:
    """The dates a club plays or is due to play."""
    on = matches.filter(pl.col("status").is_in(FORECAST))
    dates = pl.concat([on.select(DATE, team_id=f"{side}_id") for side in ("home", "away")]).unique()
    return dates.with_columns(last_date=pl.col(DATE))


def _rosters(matches: pl.DataFrame) -> pl.DataFrame:
    """The clubs of each league and season, with the date of the first match of each."""
    season = ["league", "season", "team_id"]
    return (
        pl.concat([matches.select("league", "season", DATE, team_id=f"{side}_id") for side in ("home", "away")])
        .group_by(season)
        .agg(pl.col(DATE).min())
    )
