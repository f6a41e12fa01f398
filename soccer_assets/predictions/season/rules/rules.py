"""The rules of a league's season: its rounds, its split, the order on equal points, and what each place brings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from soccer_assets.errors import SeasonError

Places = tuple[int, int]


@dataclass(frozen=True)
class Group:
    """Clubs that play on among themselves after a split: `meetings` of each pair, 0 to 2.

    `carried` says how they take their points along: full, half_up or half_down, by the rounding of half points.
    """

    size: int
    meetings: int
    carried: str = "full"


@dataclass(frozen=True)
class Rules:
    """The rules from the season that begins in `since`; clubs, meetings of each pair, then groups after a split.

    `order` holds `ranking.CRITERIA` of the final table, `order_now` those of the running one where it differs.
    `places` are first and last place of an event out of `SEASON_EVENTS`; those below 0 count from the bottom.
    `assumed` names what no source was read for (order, groups, places, europe); the rest was seen in a statute, in the
    press or in the results.
    """

    since: int
    clubs: int
    meetings: int = 2
    groups: tuple[Group, ...] = ()
    order: tuple[str, ...] = ("goal_difference", "goals_for")
    order_now: tuple[str, ...] = ()
    places: Mapping[str, Places] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    @property
    def running_order(self) -> tuple[str, ...]:
        return self.order_now or self.order

    def span(self, event: str) -> Places | None:
        """First and last place of an event, from 1; None where the league does not have it."""
        every = {"title": (1, 1), "top_four": (1, 4), **self.places}
        if event not in every:
            return None
        first, last = (number if number > 0 else self.clubs + 1 + number for number in every[event])
        return first, last


def rules_of(rules: Mapping[str, tuple[Rules, ...]], league: str, start: int) -> Rules:
    """Return the rules of a league's season that begins in the year `start`.

    Raises:
        SeasonError: there are none.
    """
    valid = [one for one in rules.get(league, ()) if one.since <= start]
    if not valid:
        first = f"from {rules[league][0].since} on" if league in rules else "of none of its seasons"
        raise SeasonError(
            f"{league} {start}: expected rules of the season, found rules {first}: "
            "add them to season/rules/league_rules.py"
        )
    return valid[-1]


def since(first: Rules, *later: tuple[int, dict[str, Any]]) -> tuple[Rules, ...]:
    """The rules of a league over the years: the first ones, and from each later year on those named, the rest as is."""
    every = [first]
    for year, changed in later:
        every.append(replace(every[-1], since=year, **changed))
    return tuple(every)
