"""The first form of the catalog that has a number here; whatever was before it is made anew by `sohoa rebuild`."""

import sqlalchemy as sql
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "aliases",
        sql.Column("cancelled", sql.String(length=64), nullable=False),
        sql.Column("said", sql.Integer(), nullable=False),
        sql.Column("established", sql.String(length=64), nullable=True),
        sql.PrimaryKeyConstraint("cancelled"),
    )
    op.create_index("ix_aliases_established", "aliases", ["established"], unique=False)
    op.create_table(
        "announced",
        sql.Column("station", sql.String(length=63), nullable=False),
        sql.Column("sequence", sql.BigInteger(), autoincrement=False, nullable=False),
        sql.Column("submission_id", sql.String(length=64), nullable=False),
        sql.PrimaryKeyConstraint("station", "sequence"),
    )
    op.create_index("ix_announced_submission_id", "announced", ["submission_id"], unique=False)
    op.create_table(
        "catalog",
        sql.Column("secret_check", sql.String(length=64), nullable=False),
        sql.PrimaryKeyConstraint("secret_check"),
    )
    op.create_table(
        "decisions",
        sql.Column("record_id", sql.String(length=32), nullable=False),
        sql.Column("version", sql.Integer(), autoincrement=False, nullable=False),
        sql.Column("who", sql.String(length=200), nullable=False),
        sql.Column("at", sql.String(length=32), nullable=False),
        sql.Column("fields", sql.Integer(), nullable=False),
        sql.PrimaryKeyConstraint("record_id", "version"),
    )
    op.create_index("decisions_by_time", "decisions", ["at", "fields"], unique=False)
    op.create_index("decisions_of_person", "decisions", ["who", "at"], unique=False)
    op.create_table(
        "leases",
        sql.Column("record_id", sql.String(length=32), nullable=False),
        sql.Column("who", sql.String(length=200), nullable=False),
        sql.Column("until", sql.String(length=32), nullable=False),
        sql.PrimaryKeyConstraint("record_id"),
    )
    op.create_table(
        "meters",
        sql.Column("meter", sql.String(length=32), nullable=False),
        sql.Column("labels", sql.String(length=200), nullable=False),
        sql.Column("bucket", sql.String(length=8), nullable=False),
        sql.Column("times", sql.BigInteger(), nullable=False),
        sql.Column("total", sql.Double(), nullable=False),
        sql.PrimaryKeyConstraint("meter", "labels", "bucket"),
    )
    op.create_table(
        "records",
        sql.Column("record_id", sql.String(length=32), nullable=False),
        sql.Column("version", sql.Integer(), nullable=False),
        sql.Column("status", sql.String(length=16), nullable=False),
        sql.Column("document_type", sql.String(length=64), nullable=True),
        sql.Column("valid_from", sql.Date(), nullable=True),
        sql.Column("valid_to", sql.Date(), nullable=True),
        sql.Column("copy_sha256", sql.String(length=64), nullable=False),
        sql.Column("submission_id", sql.String(length=64), nullable=False),
        sql.Column("dossier_code", sql.String(length=64), nullable=True),
        sql.Column("created_at", sql.String(length=32), nullable=False),
        sql.Column("review_reasons", sql.Text(), nullable=False),
        sql.Column("backfill", sql.Boolean(), nullable=False),
        sql.Column("of_death", sql.Boolean(), nullable=False),
        sql.PrimaryKeyConstraint("record_id"),
    )
    op.create_index("records_in_review", "records", ["status", "backfill", "created_at", "record_id"], unique=False)
    op.create_index("records_of_dossier", "records", ["dossier_code", "created_at", "record_id"], unique=False)
    op.create_index("records_of_submission", "records", ["submission_id"], unique=False)
    op.create_table(
        "shown",
        sql.Column("who", sql.String(length=200), nullable=False),
        sql.Column("link", sql.String(length=64), nullable=False),
        sql.Column("at", sql.String(length=32), nullable=False),
        sql.PrimaryKeyConstraint("who", "link"),
    )
    op.create_table(
        "snippets",
        sql.Column("ticket", sql.String(length=32), nullable=False),
        sql.Column("who", sql.String(length=200), nullable=False),
        sql.Column("record_id", sql.String(length=32), nullable=False),
        sql.Column("version", sql.Integer(), nullable=False),
        sql.Column("field", sql.String(length=100), nullable=False),
        sql.Column("until", sql.String(length=32), nullable=False),
        sql.Column("answered", sql.Boolean(), nullable=False),
        sql.PrimaryKeyConstraint("ticket"),
    )
    op.create_index("snippets_of_person", "snippets", ["who", "until"], unique=False)
    op.create_table(
        "submissions",
        sql.Column("submission_id", sql.String(length=64), nullable=False),
        sql.Column("station", sql.String(length=63), nullable=False),
        sql.Column("manifest_key", sql.String(length=255), nullable=False),
        sql.Column("received_at", sql.String(length=32), nullable=False),
        sql.Column("done", sql.Boolean(), nullable=False),
        sql.PrimaryKeyConstraint("submission_id"),
    )
    op.create_table(
        "record_owners",
        sql.Column("record_id", sql.String(length=32), nullable=False),
        sql.Column("owner_key", sql.String(length=64), nullable=False),
        sql.Column("role", sql.String(length=64), nullable=False),
        sql.ForeignKeyConstraint(["record_id"], ["records.record_id"]),
        sql.PrimaryKeyConstraint("record_id", "owner_key", "role"),
    )
    op.create_index("ix_record_owners_owner_key", "record_owners", ["owner_key"], unique=False)
    op.create_table(
        "sampled",
        sql.Column("record_id", sql.String(length=32), nullable=False),
        sql.Column("field", sql.String(length=100), nullable=False),
        sql.Column("calibration", sql.String(length=12), nullable=False),
        sql.Column("stratum", sql.String(length=100), nullable=False),
        sql.Column("probability", sql.Double(), nullable=False),
        sql.Column("wrong", sql.Boolean(), nullable=False),
        sql.Column("decided_at", sql.String(length=32), nullable=False),
        sql.ForeignKeyConstraint(["record_id"], ["records.record_id"]),
        sql.PrimaryKeyConstraint("record_id", "field"),
    )
    op.create_index("ix_sampled_calibration", "sampled", ["calibration"], unique=False)
    op.create_table(
        "terms",
        sql.Column("term", sql.String(length=32), nullable=False),
        sql.Column("record_id", sql.String(length=32), nullable=False),
        sql.Column("document_type", sql.String(length=64), nullable=True),
        sql.Column("valid_from", sql.Date(), nullable=True),
        sql.ForeignKeyConstraint(["record_id"], ["records.record_id"]),
        sql.PrimaryKeyConstraint("term", "record_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_terms_record_id", "terms", ["record_id"], unique=False)


def downgrade() -> None:
    """Drop every table: all that is in them follows from the store, or may be lost."""
    op.drop_table("terms")
    op.drop_table("sampled")
    op.drop_table("record_owners")
    op.drop_table("submissions")
    op.drop_table("snippets")
    op.drop_table("shown")
    op.drop_table("records")
    op.drop_table("meters")
    op.drop_table("leases")
    op.drop_table("decisions")
    op.drop_table("catalog")
    op.drop_table("announced")
    op.drop_table("aliases")
