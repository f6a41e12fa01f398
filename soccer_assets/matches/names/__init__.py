"""Club names: taken apart, scored against each other by a learned scorer, searched in a registry."""

from soccer_assets.matches.names.directory import Directory
from soccer_assets.matches.names.name import Name, parse
from soccer_assets.matches.names.scorer import Scorer

__all__ = ["Directory", "Name", "Scorer", "parse"]
