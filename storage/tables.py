"""The tables of the catalog. Whoever changes one adds a step to `storage/migrations`, and names it here."""

import sqlalchemy as sql

REVISION = "0002"
"""The last step that led to the tables below; a catalog with another one has to be migrated or rebuilt."""

revisions = sql.Table(
    "alembic_version",
    sql.MetaData(),  # Alembic's own
    sql.Column("version_num", sql.String(32), primary_key=True),
)
metadata = sql.MetaData()
catalog = sql.Table(
    "catalog",
    metadata,
    sql.Column("secret_check", sql.String(64), primary_key=True),
)
records = sql.Table(
    "records",
    metadata,
    sql.Column("record_id", sql.String(32), primary_key=True),
    sql.Column("version", sql.Integer, nullable=False),
    sql.Column("status", sql.String(16), nullable=False),
    sql.Column("document_type", sql.String(64)),
    sql.Column("valid_from", sql.Date),
    sql.Column("valid_to", sql.Date),
    sql.Column("copy_sha256", sql.String(64), nullable=False),
    sql.Column("submission_id", sql.String(64), nullable=False),
    sql.Column("dossier_code", sql.String(64)),
    sql.Column("created_at", sql.String(32), nullable=False),
    sql.Column("review_reasons", sql.Text, nullable=False),
    sql.Column("backfill", sql.Boolean, nullable=False),
    sql.Column("of_death", sql.Boolean, nullable=False),
    sql.Index("records_in_review", "status", "backfill", "created_at", "record_id"),
    sql.Index("records_of_dossier", "dossier_code", "created_at", "record_id"),
    sql.Index("records_of_submission", "submission_id"),
)
owners = sql.Table(
    "record_owners",
    metadata,
    sql.Column("record_id", sql.String(32), sql.ForeignKey(records.c.record_id), primary_key=True),
    sql.Column("owner_key", sql.String(64), primary_key=True, index=True),
    sql.Column("role", sql.String(64), primary_key=True),
)
terms = sql.Table(
    "terms",
    metadata,
    sql.Column("term", sql.String(32), primary_key=True),
    sql.Column("record_id", sql.String(32), sql.ForeignKey(records.c.record_id), primary_key=True, index=True),
    sql.Column("document_type", sql.String(64)),
    sql.Column("valid_from", sql.Date),
    sqlite_with_rowid=False,
)
"""What records are found by, each as an HMAC: nothing can be read from it, and nobody can look for a part of it. Type
and day are those of the record: what narrows a search is asked here, for an issuer may have a hundred thousand."""
aliases = sql.Table(
    "aliases",
    metadata,
    sql.Column("cancelled", sql.String(64), primary_key=True),
    sql.Column("said", sql.Integer, nullable=False),
    sql.Column("established", sql.String(64), index=True),
)
"""Identifiers that were cancelled, and those in their place, as owner keys."""
submissions = sql.Table(
    "submissions",
    metadata,
    sql.Column("submission_id", sql.String(64), primary_key=True),
    sql.Column("station", sql.String(63), nullable=False),
    sql.Column("manifest_key", sql.String(255), nullable=False),
    sql.Column("received_at", sql.String(32), nullable=False),
    sql.Column("done", sql.Boolean, nullable=False),
)
drafted = sql.Table("drafted", metadata, sql.Column("submission_id", sql.String(64), primary_key=True))
"""Submissions that were read, and whose copies wait to be signed at their stations."""
announced = sql.Table(
    "announced",
    metadata,
    sql.Column("station", sql.String(63), primary_key=True),
    sql.Column("sequence", sql.BigInteger, primary_key=True, autoincrement=False),
    sql.Column("submission_id", sql.String(64), nullable=False, index=True),
)
sampled = sql.Table(
    "sampled",
    metadata,
    sql.Column("record_id", sql.String(32), sql.ForeignKey(records.c.record_id), primary_key=True),
    sql.Column("field", sql.String(100), primary_key=True),
    sql.Column("calibration", sql.String(12), nullable=False, index=True),
    sql.Column("stratum", sql.String(100), nullable=False),
    sql.Column("probability", sql.Double, nullable=False),
    sql.Column("wrong", sql.Boolean, nullable=False),
    sql.Column("decided_at", sql.String(32), nullable=False),
)
"""What people found out about values that were drawn by lot."""
decisions = sql.Table(
    "decisions",
    metadata,
    sql.Column("record_id", sql.String(32), primary_key=True),
    sql.Column("version", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("who", sql.String(200), nullable=False),
    sql.Column("at", sql.String(32), nullable=False),
    sql.Column("fields", sql.Integer, nullable=False),
    sql.Index("decisions_of_person", "who", "at"),
    sql.Index("decisions_by_time", "at", "fields"),
)
leases = sql.Table(
    "leases",
    metadata,
    sql.Column("record_id", sql.String(32), primary_key=True),
    sql.Column("who", sql.String(200), nullable=False),
    sql.Column("until", sql.String(32), nullable=False),
)
"""Who looks at what just now: no projection, lost without harm, since only one decision about a version ever counts."""
meters = sql.Table(
    "meters",
    metadata,
    sql.Column("meter", sql.String(32), primary_key=True),
    sql.Column("labels", sql.String(200), primary_key=True),
    sql.Column("bucket", sql.String(8), primary_key=True),
    sql.Column("times", sql.BigInteger, nullable=False),
    sql.Column("total", sql.Double, nullable=False),
)
"""What was counted and timed, on whatever machine: no projection either, and lost without harm."""
snippets = sql.Table(
    "snippets",
    metadata,
    sql.Column("ticket", sql.String(32), primary_key=True),
    sql.Column("who", sql.String(200), nullable=False),
    sql.Column("record_id", sql.String(32), nullable=False),
    sql.Column("version", sql.Integer, nullable=False),
    sql.Column("field", sql.String(100), nullable=False),
    sql.Column("until", sql.String(32), nullable=False),
    sql.Column("answered", sql.Boolean, nullable=False),
    sql.Index("snippets_of_person", "who", "until"),
)
shown = sql.Table(
    "shown",
    metadata,
    sql.Column("who", sql.String(200), primary_key=True),
    sql.Column("link", sql.String(64), primary_key=True),
    sql.Column("at", sql.String(32), nullable=False),
)
"""What was shown to whom as a snippet, by what it has in common with others: lost, a sitting begins anew."""
PROJECTED = (records, owners, terms, aliases, sampled, submissions, drafted, announced, decisions)
"""What follows from the store and is made anew by `sohoa rebuild`; the other tables may be lost without harm."""
