"""What was sent and could not be taken: a study without it is not whole."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "untaken_instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("study_instance_uid", sa.String(length=128), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=128), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_untaken_instance_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_untaken_instance")),
        sa.UniqueConstraint(
            "site_id", "sop_instance_uid", name=op.f("uq_untaken_instance_site_id_sop_instance_uid")
        ),
    )
    op.create_index("ix_untaken_instance_site_study", "untaken_instance", ["site_id", "study_instance_uid"])


def downgrade() -> None:
    op.drop_index("ix_untaken_instance_site_study", table_name="untaken_instance")
    op.drop_table("untaken_instance")
