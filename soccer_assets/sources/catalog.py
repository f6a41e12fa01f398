"""The sources the platform has: a line for each. Assets, matches, health, settings and commands follow from it."""

from soccer_assets.sources import openfootball, schema, understat
from soccer_assets.sources.fonbet import source as fonbet
from soccer_assets.sources.football_data import source as football_data
from soccer_assets.sources.spec import SourceSpec
from soccer_assets.sources.whoscored import source as whoscored
from soccer_assets.storage.tables import Table


def registered(*sources: SourceSpec) -> tuple[SourceSpec, ...]:
    """The sources as given, which fill the tables of `sources/schema.py` and no others.

    Raises:
        ValueError: a source fills another table, or a table has no source.
    """
    declared = {table.name for table in vars(schema).values() if isinstance(table, Table)} - {schema.SOURCE_HEALTH.name}
    filled = {spec.table.name for source in sources for spec in source.tables}
    if missing := sorted(filled - declared):
        raise ValueError(f"sources/schema.py: expected the table of every source, found none named {missing}: add it")
    if idle := sorted(declared - filled):
        raise ValueError(
            f"sources/catalog.py: expected a source for every table of sources/schema.py, found none for {idle}: "
            "add the SOURCE of its module to SOURCES"
        )
    return sources


SOURCES = registered(
    football_data.SOURCE,
    openfootball.SOURCE,
    understat.SOURCE,
    whoscored.SOURCE,
    fonbet.SOURCE,
)
#: Those whose records become matches, the most trusted first.
TRUSTED = sorted((source for source in SOURCES if source.trust is not None), key=lambda source: source.trust or 0)
