"""Vietnamese time: UTC+7 the whole year, so a fixed offset is right and the host's own zone never matters."""

from datetime import datetime, timedelta, timezone

TIME_ZONE = timezone(timedelta(hours=7), "+07:00")


def as_written(moment: datetime | str | None) -> str:
    """Return a time (ISO 8601, if it is a text) as people in Vietnam write it."""
    if moment is None:
        return "chưa có"
    told = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{told.astimezone(TIME_ZONE):%H:%M %d/%m/%Y}"
