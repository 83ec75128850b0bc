"""Times of files: ISO 8601 where possible, POSIX seconds inside.

A time without zone is kept as if it were UTC and marked ``naive_time``; the zone named by the
user is applied once, by ``localise``.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fitting.errors import DataError

NAIVE_TIME = "naive_time"


def posix(moment: datetime) -> tuple[float, bool]:
    """POSIX seconds, and whether the moment carried no zone (then taken as if UTC)."""
    naive = moment.tzinfo is None
    return (moment.replace(tzinfo=UTC) if naive else moment).timestamp(), naive


def localise(as_if_utc: float, timezone: str) -> float:
    """POSIX seconds of a naive time that was kept as if UTC, now read in a zone.

    Raises
    ------
    DataError
        No zone of that name.
    """
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise DataError(
            f'no time zone is called "{timezone}"; use an IANA name such as Europe/Berlin or UTC'
        ) from error
    moment = datetime.fromtimestamp(as_if_utc, UTC)
    return moment.replace(tzinfo=zone).timestamp()
