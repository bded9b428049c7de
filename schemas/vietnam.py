"""Vietnamese time: UTC+7 the whole year, so a fixed offset is right and the host's own zone never matters."""

from datetime import timedelta, timezone

TIME_ZONE = timezone(timedelta(hours=7), "+07:00")
