"""An answer that was refused beside the last good one, and is right all the same, counts by a person's decision."""

import msgspec

from soccer_assets.commands.parse import read_payloads
from soccer_assets.errors import SoccerError
from soccer_assets.settings import Clock, Settings
from soccer_assets.sources.fetching.client import Answer
from soccer_assets.storage.lake import Lake
from soccer_assets.storage.payloads import Fetch, Payloads


def accept(settings: Settings, source: str, address: str) -> int:
    """Let the newest answer of an address count, which was refused; the number of its records.

    Args:
        settings: where lake and payloads are.
        source: as `soccer parse` names it.
        address: the address, as the refusal names it.

    Raises:
        SoccerError: no such source, or the newest answer of the address was not refused.
        SourceError: the answer is wrong by itself.
    """
    clock = Clock.from_settings(settings)
    payloads = Payloads(settings.payloads, Lake(settings.lake), clock.now)
    log = payloads.fetches(address).filter(address=address)
    if log.is_empty():
        raise SoccerError(f"expected an address that was asked, found {address!r}")
    newest = Fetch(**log.row(-1, named=True))
    if newest.outcome != "rejected" or newest.payload_id is None:
        raise SoccerError(f"expected {address} to have been refused at its newest answer, found it {newest.outcome}")
    body = payloads.get(newest.payload_id)
    parsed = read_payloads(source, [Answer(address, newest.payload_id, newest.fetched_at, body)])
    if parsed.records.is_empty():
        raise SoccerError(f"{address}: expected records, found none that can be read")
    reason = f"accepted by hand; it was refused: {newest.reason}"
    payloads.record([msgspec.structs.replace(newest, fetched_at=clock.now(), outcome="accepted", reason=reason)])
    return len(parsed.records)
