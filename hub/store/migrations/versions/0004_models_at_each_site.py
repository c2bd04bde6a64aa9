"""What ran each reading; each site's own thresholds, first impressions, and what signed reports said."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # ADD COLUMN and no rebuilding of tables: the audit's and the reports' triggers stay where they are.
    op.add_column("pre_read", sa.Column("provider", sa.String(length=32), nullable=False, server_default=""))
    op.add_column("pre_read", sa.Column("fell_back", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("site", sa.Column("reader_first", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "site_threshold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("finding", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_site_threshold_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_site_threshold_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_threshold")),
        sa.UniqueConstraint(
            "site_id", "finding", "version", name=op.f("uq_site_threshold_site_id_finding_version")
        ),
    )
    op.create_table(
        "first_impression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_first_impression_study_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_first_impression_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_impression")),
        sa.UniqueConstraint("study_id", name=op.f("uq_first_impression_study_id")),
    )
    op.create_table(
        "agreement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("finding", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("threshold_version", sa.Integer(), nullable=False),
        sa.Column("positive", sa.Boolean(), nullable=False),
        sa.Column("said", sa.String(length=8), nullable=False),
        sa.Column("reader_first", sa.Boolean(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("said IN ('present', 'absent', 'unclear')", name=op.f("ck_agreement_said")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_agreement_report_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_agreement_site_id")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_agreement_study_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("study_id", "finding", name=op.f("uq_agreement_study_id_finding")),
    )
    op.create_index(op.f("ix_agreement_site_id"), "agreement", ["site_id"], unique=False)
    op.create_index(op.f("ix_agreement_study_id"), "agreement", ["study_id"], unique=False)


def downgrade() -> None:
    """Refuse on purpose: no step back loses what people wrote."""
    raise NotImplementedError("a hub goes back by its backup, for the new rows would be lost")
