"""The invented clubs and what the football of each league is like.

Names are made up so that no output can be mistaken for a forecast of a real club, yet they are as awkward as
real ones: neighbours that differ in one word, an apostrophe, abbreviations. All are ASCII, as on the site.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Conditions:
    """How a league plays: mean goals, home advantage and the hours it kicks off at.

    Kick-offs are UK local time as `HH:MM`; a final round is played at the first of Saturday.
    """

    away_goals: float
    home_advantage: float  # added to the log of the home side's mean goals
    sunday_share: float
    saturday: tuple[str, ...]
    sunday: tuple[str, ...]
    midweek: tuple[str, ...]


#: Leagues of one country from the top tier down; clubs move between neighbours.
PYRAMIDS: Final[dict[str, tuple[str, ...]]] = {"England": ("E0", "E1"), "Spain": ("SP1",), "Norway": ("NOR",)}

CONDITIONS: Final[dict[str, Conditions]] = {
    "E0": Conditions(1.25, 0.22, 0.4, ("15:00", "12:30", "17:30"), ("14:00", "16:30"), ("20:00", "19:45")),
    "E1": Conditions(1.10, 0.20, 0.1, ("15:00", "12:30"), ("12:00", "15:00"), ("19:45", "20:00")),
    "SP1": Conditions(1.05, 0.26, 0.5, ("20:00", "17:30", "15:15", "13:00"), ("20:00", "15:15"), ("20:00", "18:00")),
    "NOR": Conditions(1.25, 0.28, 0.7, ("17:00", "15:00"), ("17:00", "18:15", "14:30"), ("18:00", "19:00")),
}

MOST_CLUBS: Final = 24

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "England": (
        "Ashmere City", "Ashmere United", "Bramwick", "Caldershaw", "Dunmoor", "Eastholme", "Fernleigh Town",
        "Garsford", "Hallowby", "Inglethorpe", "Kelderby", "King's Harrow", "Larkstone", "Marlingham",
        "Netherwold", "Oakhampstead", "Penbrook", "Quarrington", "Ravensby", "Saltmarsh", "Thornwick",
        "Umberleigh", "Valemouth", "Westerdale", "Wyreham", "Yarnbury", "Alderfleet", "Brackenhill",
        "Copthorne Rvs", "Dovercastle", "Elmsworth", "Foxcombe", "Greystoke Ath", "Hartlow", "Ivelchester",
        "Jarrowby", "Kestrel Park", "Lindenford", "Millbeck", "Northolme", "Orchardleigh", "Pinbury",
        "Rookhope", "Stannington", "Tarnside", "Upperfold", "Whitcastle", "Wolverley",
    ),
    "Spain": (
        "Ath Valdoria", "Real Valdoria", "Alcazuela", "Almerana", "Belmontejo", "Campolara", "Castralvo",
        "Dep Marisma", "Espejalba", "Fuentelmar", "Guadalera", "Hornachar", "Isla Perla", "Jarandal",
        "Lagunilla", "Montesol", "Navalmira", "Olivarena", "Penadura", "Ribadulce", "Sierrabella",
        "Torrealta", "Villaroca", "Zarzamora",
    ),
    "Norway": (
        "Askeberg", "Bjornvik", "Dalsund", "Eidefoss", "Fjellhamn", "Granheim", "Havnes", "Isfjell",
        "Jotunvik", "Kvitstrand", "Langoya", "Myrdalen", "Nordhavn", "Osterfjord", "Rodberg", "Sandholmen",
        "Skarfoss", "Storelva", "Tindevik", "Ulvsund", "Vardefjell", "Vestheim", "Ytterholm", "Ormdal",
    ),
}  # fmt: skip

REFEREES: Final = (
    "A Penhallow", "B Thackray", "C Oldroyd", "D Winterbourne", "E Hathersage", "G Tolliver", "J Ravenscar",
    "K Ormsby", "L Fairweather", "M Duxbury", "P Silverdale", "R Coldbeck",
)  # fmt: skip
