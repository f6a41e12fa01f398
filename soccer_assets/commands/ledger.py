"""The desk for the ledger of forecasts: is it as it was sealed? (`just ledger verify`)."""

import argparse
from collections.abc import Sequence

from soccer_assets.errors import SoccerError
from soccer_assets.predictions.ledger import verify
from soccer_assets.storage.lake import Lake


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="just ledger", description="The chained record of forecasts before kick-off.")
    commands = parser.add_subparsers(dest="action", required=True)
    check = commands.add_parser("verify", help="every row as it was sealed, in its place and in time")
    check.add_argument("--noted", metavar="HASH", help="a hash that was the last one once and must still be there")
    return parser


def run(command: Sequence[str], lake: Lake) -> None:
    """Verify the chain; print how many rows there are and the hash of the last one.

    Raises:
        SoccerError: a row is not as it was sealed; the first one is named.
    """
    verdict = verify(lake, _parser().parse_args(command).noted)
    if verdict.broken:
        raise SoccerError(f"the ledger of {verdict.rows} rows is broken at {verdict.broken}")
    print(f"{verdict.rows} rows as they were sealed, the last one {verdict.tip}")
