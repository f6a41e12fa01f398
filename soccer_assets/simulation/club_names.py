"""What each source calls a club: long or official forms, other letters, another script, and slips of the pen.

football-data.co.uk's short names are the clubs' own names in this world; the others follow from them.
"""

from typing import Final

import numpy as np

from soccer_assets.simulation.transliteration import cyrillic

SOURCES: Final = ("football_data", "whoscored", "openfootball", "understat", "fonbet")

_LONG: Final = {"Rvs": "Rovers", "Ath": "Athletic", "Dep": "Deportivo"}
_ENGLISH_SUFFIXES: Final = ("Town", "Rovers", "Albion", "Athletic", "Wanderers", "County", "", "")
_FORMS: Final = {
    "England": ("{} FC", "{} FC", "{} FC", "AFC {}"),
    "Spain": ("CD {}", "UD {}", "{} CF", "SD {}"),
    "Norway": ("{} IL", "{} FK", "{} BK", "{} Fotball"),
}
#: Letters that football-data.co.uk leaves plain.
_OWN_LETTERS: Final = {
    "Askeberg": "Åskeberg", "Bjornvik": "Bjørnvik", "Langoya": "Langøya", "Osterfjord": "Østerfjord",
    "Rodberg": "Rødberg", "Penadura": "Peñadura", "Espejalba": "Espejálba", "Hornachar": "Hornáchar",
}  # fmt: skip
_AS_WRITTEN_ABROAD: Final = {"Å": "Aa", "å": "aa", "Ø": "Oe", "ø": "oe", "ñ": "n", "á": "a"}


def names_of(club: str, country: str, rng: np.random.Generator) -> dict[str, str]:
    """The club's name at each of `SOURCES`."""
    long = " ".join(_LONG.get(word, word) for word in club.split())
    suffix = str(rng.choice(_ENGLISH_SUFFIXES)) if country == "England" and " " not in long else ""
    full = f"{long} {suffix}".rstrip()
    own = _OWN_LETTERS.get(full, full)
    abroad = "".join(_AS_WRITTEN_ABROAD.get(letter, letter) for letter in own)
    clerk = own if country == "Norway" else long
    return {
        "football_data": club,
        "whoscored": abroad if rng.random() < 0.5 else long,
        "openfootball": str(rng.choice(_FORMS[country])).format(own),
        "understat": long,
        "fonbet": cyrillic(clerk, country, abbreviated=bool(rng.random() < 0.5)),
    }


def slip(name: str, rng: np.random.Generator) -> str:
    """The name with one inner letter left out or two neighbours exchanged."""
    at = int(rng.integers(1, max(2, len(name) - 2)))
    left_out = name[:at] + name[at + 1 :]
    exchanged = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    return exchanged if rng.random() < 0.5 and exchanged != name else left_out
