"""The sources the platform has: a line for each."""

from soccer_assets.sources import openfootball, understat
from soccer_assets.sources.fonbet import source as fonbet
from soccer_assets.sources.football_data import source as football_data
from soccer_assets.sources.spec import SourceSpec
from soccer_assets.sources.whoscored import source as whoscored

SOURCES: tuple[SourceSpec, ...] = (
    football_data.SOURCE,
    openfootball.SOURCE,
    understat.SOURCE,
    whoscored.SOURCE,
    fonbet.SOURCE,
)
#: Those whose records become matches, the most trusted first.
TRUSTED = sorted((source for source in SOURCES if source.trust is not None), key=lambda source: source.trust or 0)
