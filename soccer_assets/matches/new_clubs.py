"""Ids of clubs that football-data.co.uk does not have yet, as it will most likely name them.

The site leaves out what says that a club is one: of 858 names at openfootball, 417 are its own without those words at
either end, and 182 as they are.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from soccer_assets.club_ids import team_id
from soccer_assets.linking.names.word_classes import FORMS

#: What tells a club of one country from its namesake abroad.
_COUNTRY_CODE = re.compile(r"\s*(?:\([A-Z]{2,3}\)|› ?[A-Z]{2,3})$")


def new_ids(country: str, names: Sequence[str], clubs: Collection[str]) -> dict[str, tuple[str, str]]:
    """The id of each new club by its name without `FC` and the like, and that it is new.

    Args:
        country: of the clubs.
        names: their names; of two that come to one id, both are left out.
        clubs: ids of other clubs, which no new one has.
    """
    plain = {name: team_id(country, _without_forms(name)) for name in names}
    shared = {club for club, count in Counter(plain.values()).items() if count > 1} | set(clubs)
    return {name: (club, "new") for name, club in plain.items() if club not in shared}


def _without_forms(name: str) -> str:
    """`Wrexham AFC`, `AFC Wrexham` and `Wrexham AFC (ENG)` are `Wrexham`."""
    words = _COUNTRY_CODE.sub("", name).split()
    while len(words) > 1 and words[-1].lower() in FORMS:
        words.pop()
    while len(words) > 1 and words[0].lower() in FORMS:
        words.pop(0)
    return " ".join(words)
