"""Club names: taken apart, scored against each other by a learned scorer, searched in a registry."""

from soccer_assets.linking.names.directory import Directory
from soccer_assets.linking.names.name import Name, parse
from soccer_assets.linking.names.scorer import Scorer

__all__ = ["Directory", "Name", "Scorer", "parse"]
