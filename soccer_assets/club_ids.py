"""The id of a club: its country and the name that football-data.co.uk calls it by.

The site has written about thirty clubs in two ways over the years, some of them in the middle of a season. Clubs that
took the place of another, as AFC Wimbledon and RB Leipzig did, are clubs of their own.
"""

import re
import unicodedata
from typing import Final

#: Country -> an earlier name of a club at football-data.co.uk -> the name whose id counts, the one it has now.
RENAMED: Final[dict[str, dict[str, str]]] = {
    "China": {
        "Dalian Yifang F.C.": "Dalian Pro",
        "Guangzhou Evergrande": "Guangzhou FC",
        "Guangzhou R&F": "Guangzhou City",
        "Hangzhou Greentown": "Zhejiang Professional",
        "Shandong Luneng": "Shandong Taishan",
        "Shanghai SIPG": "Shanghai Port",
        "Shijiazhuang": "Cangzhou",
        "Tianjin Quanjian": "Tianjin Tianhai",
        "Zhejiang Greentown": "Zhejiang Professional",
    },
    "England": {"AFC Telford United": "Telford United", "King?™s Lynn": "King’s Lynn"},
    "France": {"Red Star 93": "Red Star"},
    "Germany": {
        "Dusseldorf": "Fortuna Dusseldorf",
        "FSV Frankfurt": "Frankfurt FSV",
        "RW Essen": "Essen",
    },
    "Greece": {
        "Doxa": "Doxa Dramas",
        "Ethnikos": "Ethnikos Piraeus",
        "Ethnikos Asteras": "Eth Asteras",
        "Kalithea": "Kallithea",
        "Levadiakos": "Levadeiakos",
        "OFI": "OFI Crete",
        "Proodeytiki": "Proodeftiki",
        "Veroia": "Veria",
        "Yiannina": "Giannina",
    },
    "Netherlands": {"Roda JC": "Roda", "Sparta": "Sparta Rotterdam"},
    "Norway": {"Ham-Kam": "HamKam"},
    "Poland": {"Gornik Z.": "Gornik Zabrze", "Ruch": "Ruch Chorzow"},
    "Portugal": {"Campomaior": "Campomaiorense", "Desp. Chaves": "Chaves", "Madeira": "Uniao Madeira"},
    "Romania": {"U Craiova": "Univ. Craiova"},
    "Russia": {"T. Moscow": "Torpedo Moscow"},
    "Spain": {"Lerida": "Lleida", "Orense": "Ourense"},
    "Turkey": {"Antalya": "Antalyaspor", "Erzurum": "Erzurumspor"},
}
#: Letters that Unicode does not take apart, as they are usually written without; marks that stand for an apostrophe.
_LETTERS = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ł": "l", "Ł": "l",
     "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i", "ħ": "h", "Ħ": "h"}
    | dict.fromkeys("´`‘’ʼ′", "'")
)  # fmt: skip


def slug(name: str) -> str:
    """`Nott'm Forest` -> `nottm-forest`: ASCII, lower case, hyphens; equal names give equal slugs."""
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    ascii_only = plain.encode("ascii", "ignore").decode().lower().replace("'", "").replace("?", "")
    return re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")


def team_id(country: str, name: str) -> str:
    """A club's id; names are unique within a country at football-data.co.uk.

    >>> team_id("Poland", "Gornik Z.")
    'poland.gornik-zabrze'
    """
    return f"{slug(country)}.{slug(RENAMED.get(country, {}).get(name, name))}"
