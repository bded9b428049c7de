"""What waits to be signed at a station; before this there was nothing that did."""

import sqlalchemy as sql
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "drafted",
        sql.Column("submission_id", sql.String(length=64), nullable=False),
        sql.PrimaryKeyConstraint("submission_id"),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("drafted")
