"""The one clock: whatever needs the time gets it from here, so that any day of the year can be lived through."""

import datetime as dt
from dataclasses import dataclass, field

from soccer_assets.settings import Settings


@dataclass(frozen=True)
class Clock:
    """The time in UTC, on the machine's own day or on another one.

    On another day the time of day runs as on the machine, whatever its date: a process that is up over midnight sees
    the next day. A clock with `frozen_at` stands still.
    """

    frozen_at: dt.datetime | None = None
    shift: dt.timedelta = field(default=dt.timedelta())

    @classmethod
    def of(cls, settings: Settings) -> "Clock":
        """The clock of the settings: `SOCCER_TODAY` is the date when this is called, the machine's where it is empty.

        >>> Clock.of(Settings(today=dt.date(2026, 6, 10))).today()
        datetime.date(2026, 6, 10)
        """
        if settings.today is None:
            return cls()
        return cls(shift=settings.today - dt.datetime.now(dt.UTC).date())

    def now(self) -> dt.datetime:
        """The time, zone-aware, in UTC."""
        return self.frozen_at or self.at(dt.datetime.now(dt.UTC))

    def at(self, moment: dt.datetime) -> dt.datetime:
        """The time on this clock when the machine's clock shows `moment`."""
        return moment + self.shift

    def today(self) -> dt.date:
        """The date in UTC."""
        return self.now().date()
