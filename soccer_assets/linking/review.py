"""Cases for a person: events without a match whose clubs meet with home and away swapped, or a few days from then.

A feed may list a match on a neutral ground the other way round, or on a day it was moved from. By names alone that is
too little for a link and too much for silence. Only matches that no event is linked to are looked at.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import polars as pl

from soccer_assets.linking.assignment import Scorer, log_odds
from soccer_assets.linking.candidates import DAYS, SIDES, consonants_of

#: A match may have been moved so many days; nearer ones are linked as they are.
MOVED_DAYS: Final = (-3, -2, 2, 3)
#: Log-odds of each side by its names.
LEAST_OF_SIDE: Final = 1.5
#: Letters of a word's consonants that both names of a side must begin with, to be scored at all.
FIRST_CONSONANTS: Final = 3


def swapped_or_moved(
    fixtures: pl.DataFrame, matches: pl.DataFrame, verdicts: pl.DataFrame, scorer: Scorer
) -> pl.DataFrame:
    """The pairs that may be one with home and away swapped, or moved: columns of both, `swapped`, `moved_days`.

    `home` and `away` are the event's names of the match's home and away club; `name_home` and `name_away` are the
    log-odds of the names.

    Args:
        fixtures: as `fixtures_of` gives them.
        matches: as `numbered` gives them.
        verdicts: `fixture`, `match`, `outcome` as judged.
        scorer: of names.
    """
    settled = verdicts.filter(pl.col("outcome") != "none")
    linked = matches.join(settled.filter(pl.col("outcome") == "linked"), on="match", how="semi")
    rest = fixtures.join(settled, on="fixture", how="anti", maintain_order="left")
    free = matches
    for side in SIDES:  # a match that is listed twice is not free under its other id: a club plays once a day
        free = free.join(linked, on=["date", f"{side}_id"], how="anti", maintain_order="left")
    turned = rest.rename({"home": "away", "away": "home"})
    return pl.concat(
        [
            _alike(turned, free, DAYS, scorer, swapped=True),
            _alike(rest, free, MOVED_DAYS, scorer, swapped=False),
        ],
        how="diagonal",
    )


def _alike(
    fixtures: pl.DataFrame, matches: pl.DataFrame, days: Sequence[int], scorer: Scorer, *, swapped: bool
) -> pl.DataFrame:
    pairs = _sounding_alike(fixtures, matches, days)
    of_fixture = fixtures.select("fixture", "event_ids", "date", *SIDES, "country")
    theirs = matches.select(
        "match", "match_id", "home_id", "away_id", match_date="date", **{f"match_{side}": side for side in SIDES}
    )
    pairs = pairs.join(of_fixture, on="fixture", maintain_order="left").join(theirs, on="match", maintain_order="left")
    for side in SIDES:
        odds = log_odds(scorer, pairs[side], pairs[f"match_{side}"])
        pairs = pairs.with_columns(odds.alias(f"name_{side}")).filter(pl.col(f"name_{side}") >= LEAST_OF_SIDE)
    moved = (pl.col("match_date") - pl.col("date")).dt.total_days()
    return pairs.with_columns(swapped=pl.lit(swapped), moved_days=moved)


def _sounding_alike(fixtures: pl.DataFrame, matches: pl.DataFrame, days: Sequence[int]) -> pl.DataFrame:
    """`fixture`, `match` of those days on both sides of which a word of the two names begins alike."""
    later = pl.Series("later", list(days), dtype=pl.Int64)
    date = pl.col("date") - pl.duration(days=pl.col("later"))
    home, away = ((_with_beginnings(fixtures, "fixture", s), _with_beginnings(matches, "match", s)) for s in SIDES)
    of_days = home[1].join(later.to_frame(), how="cross").with_columns(date=date)
    pairs = home[0].join(of_days, on=["date", "begins"]).select("fixture", "match").unique()
    both = pairs.join(away[0].select("fixture", "begins"), on="fixture")
    pairs = both.join(away[1].select("match", "begins"), on=["match", "begins"])
    return pairs.select("fixture", "match").unique().sort("fixture", "match")


def _with_beginnings(table: pl.DataFrame, number: str, side: str) -> pl.DataFrame:
    """`number` and `date` of the rows, once for each beginning of a word of the side's name, as `begins`."""
    names = table[side].drop_nulls().unique().to_list()
    begins = [(name, begin) for name in names for begin in _beginnings(name)]
    listed = pl.DataFrame(begins, schema={side: pl.String, "begins": pl.String}, orient="row")
    return table.drop_nulls("date").join(listed, on=side).select(number, "date", "begins")


@lru_cache(maxsize=1 << 16)
def _beginnings(name: str) -> frozenset[str]:
    return frozenset(word[:FIRST_CONSONANTS] for word in consonants_of(name).split())
