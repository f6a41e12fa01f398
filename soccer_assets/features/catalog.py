"""Every feature, described once: name, side, scope, metric and window. The rest of the stage is made from this list."""

from dataclasses import dataclass
from itertools import product

#: What a club does in a match, per side of the ball. The source lacks statistics in some leagues and years.
METRICS = {
    "points": "league points (3, 1, 0)",
    "goals_for": "goals scored",
    "goals_against": "goals conceded",
    "shots_for": "shots",
    "shots_against": "shots allowed",
    "shots_on_target_for": "shots on target",
    "shots_on_target_against": "shots on target allowed",
    "corners_for": "corners",
    "corners_against": "corners allowed",
    "xg_for": "expected goals",
    "xg_against": "expected goals allowed",
}
WINDOWS = {"all": (1, 3, 5, 10, 20), "venue": (5, 10)}
SCOPES = {"all": "all its matches", "venue": "its home matches (home club) or away matches (away club)"}
SIDES = {"home": "home club", "away": "away club", "difference": "home club minus away club", "match": "the match"}
MEETINGS = 6


@dataclass(frozen=True)
class Feature:
    """A column of `match_features`; `window` counts matches, 0 where it does not apply."""

    name: str
    side: str
    scope: str
    metric: str
    window: int
    description: str


def form_name(scope: str, metric: str, window: int) -> str:
    """`goals_for_last_5`, or `goals_for_venue_last_5`."""
    return f"{metric}_{'venue_' if scope == 'venue' else ''}last_{window}"


def _form() -> list[Feature]:
    return [
        Feature(
            f"{side}_{form_name(scope, metric, window)}",
            side,
            scope,
            metric,
            window,
            f"{SIDES[side]}: mean {text} over the last {window} of {SCOPES[scope]}",
        )
        for side, scope in product(("home", "away"), WINDOWS)
        for metric, text in METRICS.items()
        for window in WINDOWS[scope]
    ]


def _per_club(metric: str, scope: str, text: str) -> list[Feature]:
    return [Feature(f"{side}_{metric}", side, scope, metric, 0, f"{SIDES[side]}: {text}") for side in ("home", "away")]


FEATURES: tuple[Feature, ...] = (
    *_per_club("elo", "all", "Elo rating"),
    Feature("elo_diff", "difference", "all", "elo", 0, "Elo of the home club minus the away club's, no home advantage"),
    *_per_club("rest_days", "all", "days since its last match, played or due; at most 60"),
    *_per_club("matches_known", "all", "matches known of it so far, at most 40: how much the rest can be trusted"),
    *_per_club("table_position", "season", "position in the league before the day, 1 is first"),
    *_per_club("table_points", "season", "points per match in the league this season"),
    *_per_club("table_goal_difference", "season", "goal difference per match in the league this season"),
    *_per_club("table_played", "season", "matches played in the league this season"),
    Feature("meetings_goal_difference", "match", "head_to_head", "goal_difference", MEETINGS,
            f"mean goal difference for the home club over the last {MEETINGS} meetings, whoever was at home"),
    Feature("meetings_points", "match", "head_to_head", "points", MEETINGS,
            f"mean points of the home club over the last {MEETINGS} meetings"),
    Feature("meetings_known", "match", "head_to_head", "count", MEETINGS,
            f"meetings known, at most {MEETINGS}"),
    Feature("tier", "match", "all", "tier", 0, "tier of the league, 1 is its country's top"),
    *_form(),
)  # fmt: skip

NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
