"""Every feature, described once: name, side, scope, metric and window. The rest of the stage is made from this list.

The grid of sides, scopes, metrics and windows is far larger than what pays: `History.features` makes any of it, the
table `match_features` holds the sets below, which were chosen by what they gain on seasons held back.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

#: What a club does in a match and what it allows. The source lacks statistics in some leagues and years.
COUNTED = {
    "goals": "goals",
    "shots": "shots",
    "shots_on_target": "shots on target",
    "corners": "corners",
    "cards": "cards (a red one counts twice)",
    "xg": "expected goals",
}
WAYS = {"for": "", "against": " of its opponents", "balance": ", its own less its opponents'"}
#: The figures read from matches; balances and coverage follow from them.
RECORDED = ("points", *(f"{what}_{way}" for what in COUNTED for way in ("for", "against")))
METRICS = {
    "points": "league points (3, 1, 0)",
    **{f"{what}_{way}": text + WAYS[way] for what, text in COUNTED.items() for way in WAYS},
}
COVERAGE = {f"{what}_known": text for what, text in {"points": "result", **COUNTED}.items()}
SCOPES = {
    "all": "all its matches",
    "season": "its matches of this season",
    "competition": "its matches in this league",
    "venue": "its home matches (home club) or away matches (away club)",
    "head_to_head": "its meetings with this opponent, whoever was at home",
}
BOTH = ("home", "away")
#: Ratings of a club after its newest match: the column of `team_ratings`, the group, what it is, and whose it is.
RATINGS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "elo": ("elo_after", "elo", "Elo rating", (*BOTH, "difference")),
    "pi_home": ("pi_home", "pi", "pi-rating at home", ("home",)),
    "pi_away": ("pi_away", "pi", "pi-rating away", ("away",)),
    "goal_attack": ("goal_attack", "goal_rates", "attack by its goals, log of a rate", BOTH),
    "goal_defence": ("goal_defence", "goal_rates", "defence by the goals it conceded, log of a rate", BOTH),
    "shot_attack": ("shot_attack", "goal_rates", "attack by its shots on target, log of a rate", BOTH),
    "shot_defence": ("shot_defence", "goal_rates", "defence by the shots on target it allowed, log of a rate", BOTH),
    "dc_attack": ("dc_attack", "dixon_coles", "Dixon-Coles attack, log of a rate", BOTH),
    "dc_defence": ("dc_defence", "dixon_coles", "Dixon-Coles defence, log of a rate", BOTH),
    "performance_strength": (
        "performance_strength", "performance", "strength in log-odds by goals, shots and corners", BOTH),
    "performance_variance": ("performance_variance", "performance", "uncertainty of that strength", ()),
    "performance_home_advantage": (
        "performance_home_advantage", "performance", "worth of its home in log-odds, by results", ("home",)),
    "market_strength": ("market_strength", "market", "strength in log-odds by the prices of its matches", BOTH),
    "market_variance": ("market_variance", "market", "uncertainty of that strength", BOTH),
    "market_home_advantage": (
        "market_home_advantage", "market", "worth of its home in log-odds, by prices", ("home",)),
    "market_surprise": ("market_surprise", "market", "log-odds by which its last price differed from its rating", BOTH),
    "result_surprise": ("result_surprise", "market", "how much better it last did than its price", BOTH),
    "market_goals": ("market_goals", "market", "its part in the log-odds of over 2.5 goals, by prices", BOTH),
    "market_goals_level": ("market_goals_level", "market", "its league's and its home's part in them", ("home",)),
    "market_openness": ("market_openness", "market", "its part in the mean log goals of both sides, by prices", ()),
    "market_openness_level": ("market_openness_level", "market", "its league's and its home's part in it", ()),
    "market_openness_drift": ("market_openness_drift", "market", "how far its league's prices lately exceeded it", ()),
}  # fmt: skip
#: What the ratings of both clubs say of their match.
OF_BOTH = {
    "pi_goal_difference": ("pi", "pi-rating of the home club at home less the away club's away"),
    "performance_log_odds": ("performance", "log-odds of a home to an away win by strengths and home, no price"),
    "performance_uncertainty": ("performance", "uncertainty of the log-odds by strengths and home"),
    "market_log_odds": ("market", "log-odds of a home to an away win by the prices of earlier matches"),
    "market_uncertainty": ("market", "uncertainty of the log-odds by earlier prices"),
    "market_goals_log_odds": ("market", "log-odds of over 2.5 goals by the prices of earlier matches"),
    "market_goals_mismatch": ("market", "log-odds of the favourite to the other side by the prices of earlier matches"),
    "market_goals_drift": ("market", "how far the prices of the league's last matches had more goals than the ratings"),
}
#: Groups that were learned from the prices of earlier matches.
PRICED = ("market",)
#: The groups in words.
GROUPS = {
    "elo": "Elo ratings",
    "pi": "pi-ratings",
    "goal_rates": "attack and defence by goals and shots on target",
    "dixon_coles": "attack and defence by Dixon and Coles",
    "performance": "strength by goals, shots and corners",
    "market": "strength by the prices of earlier matches",
    "rest": "rest and crowded weeks",
    "coverage": "how much is known of the clubs",
    "table": "the league table",
    "season": "the season before and the phase of this one",
    "points": "points of late",
    "goals": "goals of late",
    "shots": "shots of late",
    "shots_on_target": "shots on target of late",
    "corners": "corners of late",
    "xg": "expected goals of late",
    "head_to_head": "earlier meetings of the two",
}
SIDES = {"home": "home club", "away": "away club", "difference": "home club less away club", "match": "the match"}


@dataclass(frozen=True)
class Feature:
    """A column of `match_features`; `window` counts matches, 0 where it does not apply.

    An ablation leaves out one `group` at a time.
    """

    name: str
    side: str
    scope: str
    metric: str
    window: int
    description: str
    group: str


def _named(side: str, name: str) -> str:
    return f"{name}_diff" if side == "difference" else name if side == "match" else f"{side}_{name}"


def form(side: str, scope: str, metric: str, window: int) -> Feature:
    """The feature at one point of the grid, such as `home_goals_for_last_5` or `points_venue_last_10_diff`."""
    name = f"{metric}_last_{window}" if scope == "all" else f"{metric}_{scope}_last_{window}"
    which = f"the last {window} of {SCOPES[scope]}"
    if metric in COVERAGE:
        text, group = f"share of {which} with the {COVERAGE[metric]} known", "coverage"
    else:
        text, group = f"mean {METRICS[metric]} over {which}", metric.rsplit("_", 1)[0]
    group = "head_to_head" if scope == "head_to_head" else group
    return Feature(_named(side, name), side, scope, metric, window, f"{SIDES[side]}: {text}", group)


def grid(
    sides: Iterable[str], scopes: Iterable[str], metrics: Iterable[str], windows: Iterable[int]
) -> Iterator[Feature]:
    """Form at every combination."""
    return (form(*point) for point in product(sides, scopes, metrics, windows))


def _both_ways(*counted: str) -> list[str]:
    return [f"{what}_{way}" for what in counted for way in ("for", "against")]


def _of_clubs(group: str, scope: str, texts: Mapping[str, str], sides: Iterable[str] = BOTH) -> Iterator[Feature]:
    """What is known of each club without a window."""
    for (metric, text), side in product(texts.items(), sides):
        yield Feature(_named(side, metric), side, scope, metric, 0, f"{SIDES[side]}: {text}", group)


def _ratings() -> Iterator[Feature]:
    for metric, (_, group, text, sides) in RATINGS.items():
        yield from _of_clubs(group, "all", {metric: text}, sides)
    for metric, (group, text) in OF_BOTH.items():
        yield Feature(metric, "match", "all", metric, 0, f"{SIDES['match']}: {text}", group)


#: Gains on 2018/19 to 2021/22 of a ridge regression on all of them, in nats of the distance to the closing prices, each
#: left out in turn: goals 0.0005, shots 0.0005, corners 0.0002, the last season 0.0002, longer windows more than
#: shorter ones. Differences, cards, and windows of 1, 3, 7, 10 and 12 beside 5 and 20 brought nothing.
FEATURES: tuple[Feature, ...] = (
    *_ratings(),
    *_of_clubs("rest", "all", {
        "rest_days": "days since its last match, played or due; at most 60",
        "matches_7_days": "matches in the 7 days before, played or due",
        "matches_30_days": "matches in the 30 days before, played or due",
    }),
    *_of_clubs("coverage", "all", {
        "matches_known": "matches known of it so far, at most 40: how much the rest can be trusted",
    }),
    *_of_clubs("table", "season", {
        "table_position": "position in the league before the day, 1 is first",
        "table_points": "points per match in the league this season",
        "table_goal_difference": "goal difference per match in the league this season",
        "table_played": "matches played in the league this season",
        "matches_left": "matches left of a season as long as the league's last one",
    }),
    *_of_clubs("season", "season", {
        "last_season_points": "points per match in its season before this one, in whatever league",
        "last_season_position": "position in the league in its season before this one",
        "tier_change": "tiers it came up since its last season (below 0: went down); 1 from a league not followed",
    }),
    Feature("season_phase", "match", "season", "season_phase", 0,
            "the match: share played of a season as long as the league's last one", "season"),
    Feature("tier", "match", "all", "tier", 0, "the match: tier of the league, 1 is its country's top", "season"),
    *grid(BOTH, ["all"], ["points", *_both_ways("goals", "shots", "shots_on_target", "corners", "xg")], [5, 20]),
    *grid(BOTH, ["venue"], _both_ways("goals", "shots"), [20]),
    *grid(BOTH, ["season"], ["points", "goals_balance", "shots_balance", "shots_on_target_balance"], [20]),
    *grid(["home"], ["head_to_head"], ["points", "goals_balance", "points_known"], [6]),
    *grid(BOTH, ["all"], ["shots_known", "xg_known"], [20]),
)  # fmt: skip

#: No price has reached these, not even of earlier matches.
RESULTS: tuple[str, ...] = tuple(feature.name for feature in FEATURES if feature.group not in PRICED)
#: The columns that models learn from, ratings from the prices of earlier matches among them.
NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
