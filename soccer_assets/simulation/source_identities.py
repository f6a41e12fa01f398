"""The truth of identities: what every source calls a club, and under which id and names it shows a match."""

from typing import Final

import numpy as np
import polars as pl

from soccer_assets.leagues import LEAGUES, NAMES_AT
from soccer_assets.simulation.club_names import names_of, slip

FIRST_CLUB_ID: Final = {"whoscored": 5_000, "understat": 300, "fonbet": 60_000}
FIRST_EVENT_ID: Final = {"whoscored": 1_600_000, "understat": 22_000, "fonbet": 40_000_000}
#: Share of a source's events in which one of the names is misspelt.
SLIPS: Final = {"whoscored": 0.002, "openfootball": 0.002, "understat": 0.0, "fonbet": 0.01}


def club_names(clubs: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A row per club (country, club) and source: country, club, source, source_id (null if it has none), name."""
    rows = [
        (country, club, source, str(FIRST_CLUB_ID[source] + number) if source in FIRST_CLUB_ID else None, name)
        for number, (country, club) in enumerate(clubs.select("country", "club").rows())
        for source, name in names_of(club, country, rng).items()
    ]
    return pl.DataFrame(rows, schema=["country", "club", "source", "source_id", "name"], orient="row")


def events(matches: pl.DataFrame, cups: pl.DataFrame, names: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """A row per match and source that shows it: source, event_id (openfootball has none), key, home and away as shown.

    Further columns home_id and away_id are the clubs' ids at the source. Understat shows its leagues alone,
    openfootball its leagues and the cups of their countries, the others everything.
    """
    needed = ["key", "country", "league", "home", "away"]
    together = pl.concat([matches.select(needed), cups.select(needed)]).with_row_index("number")
    frames = []
    for source, share in SLIPS.items():
        called = names.filter(source=source)
        identities = together.filter(_is_shown(source))
        for side in ("home", "away"):
            of_side = called.select(
                "country",
                pl.col("club").alias(side),
                pl.col("name").alias(f"{side}_name"),
                pl.col("source_id").alias(f"{side}_id"),
            )
            identities = identities.join(of_side, on=["country", side], maintain_order="left")
        misspelt, at_home = rng.random(len(identities)) < share, rng.random(len(identities)) < 0.5
        written = {
            name: [slip(text, rng) if wrong else text for text, wrong in zip(identities[name], wrongs, strict=True)]
            for name, wrongs in (("home_name", misspelt & at_home), ("away_name", misspelt & ~at_home))
        }
        first = FIRST_EVENT_ID.get(source)
        frames.append(
            identities.select(
                source=pl.lit(source),
                event_id=pl.lit(None, pl.String) if first is None else (pl.col("number") + first).cast(pl.String),
                key="key",
                home=pl.Series(written["home_name"]),
                away=pl.Series(written["away_name"]),
                home_id="home_id",
                away_id="away_id",
            )
        )
    return pl.concat(frames)


def _is_shown(source: str) -> pl.Expr:
    if source == "understat":
        return pl.col("league").is_in(list(NAMES_AT["understat"]))
    if source == "openfootball":
        return pl.col("country").is_in([LEAGUES[code].country for code in NAMES_AT["openfootball"]])
    return pl.lit(True)
