"""What is known of clubs from their matches, and the features of any fixture read from it.

The past is held as it was: the matches of each club in order, from its own side, its ratings after each of them, and
the results of each league. A fixture reads only what lies strictly before its own date. That one rule,
`PointInTimeIndex.before`, keeps later knowledge out, for matches of long ago, of today and of next week alike, and for
a fixture that somebody asks about.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from soccer_assets.errors import SchemaError
from soccer_assets.features.catalog import BOTH, COUNTED, FEATURES, RATINGS, RECORDED, SCOPES, Feature
from soccer_assets.features.point_in_time import (
    LEAGUE_CODES,
    TIERS,
    UNKNOWN,
    ClubRows,
    Codes,
    PointInTimeIndex,
    coded,
    days_of,
)
from soccer_assets.features.ratings.implied_goals import over_log_odds
from soccer_assets.features.schema import IDENTITY
from soccer_assets.features.standings import Seasons, Standings
from soccer_assets.leagues import LEAGUES
from soccer_assets.matches.schema import FORECAST
from soccer_assets.scoring import Floats, Ints
from soccer_assets.storage.lake import DATE

LONGEST_REST_DAYS = 60
MOST_MATCHES_KNOWN = 40
CONGESTED = (7, 30)
#: A club that was away for longer before the season comes from a league that is not followed.
ABSENT_DAYS = 400
#: Fixtures at once: bounds the memory; each has the same features in any company.
BATCH = 20_000
#: The columns of `matches` that a history reads.
READ = (
    *(column.name for column in IDENTITY), "status",
    *(f"{side}_{what}" for what in COUNTED if what != "cards" for side in BOTH),
    *(f"{side}_{colour}_cards" for colour in ("yellow", "red") for side in BOTH),
)  # fmt: skip

#: Features that follow from the calendar, or from the seasons before this one.
DATED = frozenset(
    f.name for f in FEATURES if f.group in ("rest", "season") or f.metric in ("table_played", "matches_left")
)

#: Values of clubs by scope, metric and window, two rows a fixture.
FeatureValues = dict[tuple[str, str, int], NDArray[Any]]


@dataclass(frozen=True)
class History:
    """The matches of clubs in order, in every scope, with ratings, due dates and league tables."""

    as_of: dt.date
    codes: Codes
    values: NDArray[np.float32]
    season_of: Ints
    scopes: Mapping[str, PointInTimeIndex]
    ratings: Floats
    rated: PointInTimeIndex
    rated_leagues: PointInTimeIndex
    calendar: PointInTimeIndex
    standings: Standings
    seasons: Seasons

    @classmethod
    def build(cls, matches: pl.DataFrame, ratings: pl.DataFrame) -> "History":
        """The past that rows of `matches` tell.

        Args:
            matches: rows of the table `matches`; only the columns `READ` are needed.
            ratings: rows of the table `team_ratings` for the same matches.
        """
        matches, ratings = matches.select(READ).sort(DATE, "match_id"), ratings.sort(DATE, "match_id", "team_id")
        codes = Codes.from_matches(matches)
        sides, values = codes.sides(matches), _recorded(matches)
        finished, awarded, due = (
            matches["status"].is_in(among).to_numpy().repeat(2) for among in (["finished"], ["awarded"], FORECAST)
        )
        # a match that was awarded counts in the table, and says nothing of how the clubs play
        decided = (finished | awarded) & ~np.isnan(values[:, 0])
        # the rows of a club lie beside each other: its form is read from one place in memory
        own = np.flatnonzero(finished)[np.argsort(sides.club[finished], kind="stable")]
        played, calendar = sides.at(own), sides.at(due)
        newest = matches.filter(status="finished")[DATE].max()
        assert newest is None or isinstance(newest, dt.date)
        by_rating = np.full((len(RATINGS), len(ratings) + 1), np.nan)  # the last column is what the row -1 says
        for row, (column, *_) in zip(by_rating, RATINGS.values(), strict=True):
            row[:-1] = ratings[column].to_numpy()
        return cls(
            as_of=newest or dt.date.min,
            codes=codes,
            values=values[own],
            season_of=np.append(played.season, UNKNOWN),
            scopes={scope: PointInTimeIndex.from_keys(codes.keys(played, scope), played.day) for scope in SCOPES},
            ratings=by_rating,
            rated=PointInTimeIndex.from_keys(codes.of_clubs(ratings["team_id"]), days_of(ratings[DATE])),
            rated_leagues=PointInTimeIndex.from_keys(coded(ratings["league"], LEAGUE_CODES), days_of(ratings[DATE])),
            calendar=PointInTimeIndex.from_keys(calendar.club, calendar.day),
            standings=Standings.from_matches(codes, sides, sides.at(decided), values[decided]),
            seasons=Seasons.from_matches(codes, sides),
        )

    def features(self, fixtures: pl.DataFrame, chosen: Sequence[Feature] = FEATURES) -> pl.DataFrame:
        """Identity and the chosen features of each fixture, in the order given.

        Args:
            fixtures: match_id, match_date, league, season, home_id, away_id.
            chosen: those of the table `match_features`, or any points of the catalogue's grid.

        Raises:
            SchemaError: the catalogue has a feature that nothing here computes.
        """
        fixtures = fixtures.select(column.name for column in IDENTITY)
        parts = [fixtures.slice(start, BATCH) for start in range(0, max(len(fixtures), 1), BATCH)]
        return pl.concat(part.hstack(self._columns(self.codes.sides(part), chosen)) for part in parts)

    def without_last_result(self, fixtures: pl.DataFrame, side: str) -> pl.DataFrame:
        """Identity and features of the fixtures whose club of a side has played, as if its newest result were unknown.

        It was played: what the calendar tells stays, as does what the seasons before this one tell.
        """
        asked, now = self.codes.sides(fixtures), self.features(fixtures)
        own = slice(BOTH.index(side), None, 2)
        since, days = self.scopes["all"].days_since(asked.club, asked.day)[own], asked.day.copy()
        days[own] -= np.nan_to_num(since).astype(np.int64)
        earlier = [column for column in self._columns(replace(asked, day=days), FEATURES) if column.name not in DATED]
        return now.with_columns(earlier).filter(pl.Series(np.isfinite(since)))

    def _columns(self, asked: ClubRows, chosen: Sequence[Feature]) -> list[pl.Series]:
        values_of, size = self._form(asked, chosen) | self._state(asked), len(asked) // 2
        values = np.empty((len(chosen), size), dtype=np.float32)
        for i, feature in enumerate(chosen):
            both = values_of.get((feature.scope, feature.metric, feature.window))
            if both is None:
                raise SchemaError(
                    f"features: expected a value for {feature.name} of the catalogue (scope {feature.scope}, metric "
                    f"{feature.metric}, window {feature.window}), found none: compute {feature.metric} in "
                    "`features/history.py` (`_state`, or `_season` for the scope season)"
                )
            home, away = both[0::2], both[1::2]
            values[i] = away if feature.side == "away" else home - away if feature.side == "difference" else home
        # one series cut into columns: for a single fixture making columns costs more than what is in them
        every = pl.Series(values.ravel()).fill_nan(None)
        return [every.slice(i * size, size).alias(feature.name) for i, feature in enumerate(chosen)]

    def _form(self, asked: ClubRows, chosen: Sequence[Feature]) -> FeatureValues:
        """Means and coverage over windows, of the scopes and windows that are asked for."""
        from soccer_assets.features.loops import last_means

        values_of: FeatureValues = {}
        for scope, timeline in self.scopes.items():
            windows = sorted({feature.window for feature in chosen if feature.scope == scope and feature.window})
            if not windows:
                continue
            places = timeline.before(self.codes.keys(asked, scope), asked.day)
            means, shares = last_means(self.values, timeline.rows, *places, np.array(windows))
            for i, window in enumerate(windows):
                means_of = dict(zip(RECORDED, means[i], strict=True))
                means_of |= {
                    f"{what}_balance": means_of[f"{what}_for"] - means_of[f"{what}_against"] for what in COUNTED
                }
                share = dict(zip(RECORDED, shares[i], strict=True))
                means_of |= {"points_known": share["points"]} | {
                    f"{what}_known": share[f"{what}_for"] for what in COUNTED
                }
                values_of |= {(scope, metric, window): value for metric, value in means_of.items()}
        return values_of

    def _state(self, asked: ClubRows) -> FeatureValues:
        """Ratings, rest, the league table and the season before, of each club on the morning of the day."""
        clubs, days, everything = asked.club, asked.day, self.scopes["all"]
        state = dict(zip(RATINGS, self.ratings[:, self.rated.newest(clubs, days)], strict=True))
        state |= _of_both(state)
        drift = self.ratings[list(RATINGS).index("market_openness_drift")]
        state["market_goals_drift"] = drift[self.rated_leagues.newest(asked.league, days)]
        state["matches_known"] = np.minimum(everything.count(clubs, days), MOST_MATCHES_KNOWN)
        state["rest_days"] = np.minimum(self.calendar.days_since(clubs, days), LONGEST_REST_DAYS)
        since = {span: self.calendar.count(clubs, days) - self.calendar.count(clubs, days - span) for span in CONGESTED}
        state |= {f"matches_{span}_days": count for span, count in since.items()} | {"tier": TIERS[asked.league]}
        values_of: FeatureValues = {("all", metric, 0): value for metric, value in state.items()}
        return values_of | {("season", metric, 0): value for metric, value in self._season(asked).items()}

    def _season(self, asked: ClubRows) -> dict[str, Floats]:
        """The club's line in this season's table, how far the season is, and how the club's last one ended."""
        clubs, days = asked.club, asked.day
        line = self.standings.as_of(asked.season, clubs, days)
        began = self.seasons.began(asked.season, days)
        last = self.seasons.order.newest(asked.league, began)
        length = self.standings.as_of(last, np.full(len(asked), UNKNOWN), days).most_played
        left = np.maximum(length - line.played, 0)
        recent = self.scopes["all"].days_since(clubs, began) < ABSENT_DAYS
        was = np.where(recent, self.season_of[self.scopes["all"].newest(clubs, began)], UNKNOWN)
        before = self.standings.as_of(was, clubs, days)
        from_below = np.where(last >= 0, 1.0, np.nan)  # where the league was followed, and the club was not in it
        phase = 1 - (left[0::2] + left[1::2]) / (2 * np.maximum(length[0::2], 1))
        return {
            "table_position": line.position,
            "table_points": line.points / np.maximum(line.played, 1),
            "table_goal_difference": line.goal_difference / np.maximum(line.played, 1),
            "table_played": line.played,
            "matches_left": left,
            "season_phase": phase.repeat(2),
            "last_season_points": before.points / np.maximum(before.played, 1),
            "last_season_position": before.position,
            "tier_change": np.where(recent, self.seasons.tier[was] - TIERS[asked.league], from_below),
        }


def _of_both(rating: Mapping[str, Floats]) -> dict[str, Floats]:
    """What the ratings of both clubs of a fixture say of it: `OF_BOTH` of the catalogue, the same in both its rows."""
    state = {"pi_goal_difference": rating["pi_home"][0::2] - rating["pi_away"][1::2]}
    for kind in ("performance", "market"):
        strength, variance = rating[f"{kind}_strength"], rating[f"{kind}_variance"]
        state[f"{kind}_log_odds"] = rating[f"{kind}_home_advantage"][0::2] + strength[0::2] - strength[1::2]
        state[f"{kind}_uncertainty"] = variance[0::2] + variance[1::2]
    openness = rating["market_openness"]
    level = rating["market_openness_level"][0::2] + openness[0::2] + openness[1::2]
    state["market_goals_log_odds"] = over_log_odds(state["market_log_odds"], level)
    state["market_goals_mismatch"] = np.abs(state["market_log_odds"])
    return {name: value.repeat(2) for name, value in state.items()}


def of_their_countries(rows: pl.LazyFrame, fixtures: pl.DataFrame) -> pl.LazyFrame:
    """The rows, of matches or of ratings, that the features of `fixtures` are read from: those of their countries.

    A club goes up and down, and takes its past along; it stays in its country's leagues.
    """
    countries = {LEAGUES[code].country for code in fixtures["league"].unique().to_list()}
    return rows.filter(
        pl.col("league").is_in([code for code, league in LEAGUES.items() if league.country in countries])
    )


def _recorded(matches: pl.DataFrame) -> NDArray[np.float32]:
    """What each club did in each match, `(2n, RECORDED)`, NaN where not known."""
    cards = [
        (pl.col(f"{side}_yellow_cards") + 2 * pl.col(f"{side}_red_cards").fill_null(0)).alias(f"{side}_cards")
        for side in BOTH
    ]
    counted = matches.with_columns(cards).select(
        pl.col(f"{side}_{what}").cast(pl.Float32) for what in COUNTED for side in BOTH
    )
    values = np.empty((2 * len(matches), len(RECORDED)), dtype=np.float32)
    for metric in range(len(COUNTED)):
        home, away = (counted.to_series(2 * metric + which).to_numpy() for which in (0, 1))
        values[0::2, 1 + 2 * metric], values[1::2, 1 + 2 * metric] = home, away
        values[0::2, 2 + 2 * metric], values[1::2, 2 + 2 * metric] = away, home
    difference = values[:, 1] - values[:, 2]
    values[:, 0] = np.where(np.isnan(difference), np.nan, np.where(difference > 0, 3, difference == 0))
    return values
