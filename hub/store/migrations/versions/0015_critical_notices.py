"""Critical values of which a site was told, and who there knows it."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "critical_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("known_by_id", sa.Integer(), nullable=True),
        sa.Column("known_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_critical_notice_study_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_critical_notice_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_critical_notice_user_id")),
        sa.ForeignKeyConstraint(
            ["known_by_id"], ["user_account.id"], name=op.f("fk_critical_notice_known_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_notice")),
    )
    op.create_index(op.f("ix_critical_notice_study_id"), "critical_notice", ["study_id"], unique=False)
    op.create_index(op.f("ix_critical_notice_site_id"), "critical_notice", ["site_id"], unique=False)
