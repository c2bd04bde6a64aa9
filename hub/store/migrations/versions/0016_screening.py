"""Screening campaigns, the sheets that were handed out, and how each study was screened."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("re_read_percent", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.CheckConstraint("re_read_percent BETWEEN 0 AND 100", name=op.f("ck_campaign_re_read_percent")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user_account.id"], name=op.f("fk_campaign_created_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("name", name=op.f("uq_campaign_name")),
    )
    op.create_table(
        "campaign_site",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_site_campaign_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_campaign_site_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_site")),
        sa.UniqueConstraint("campaign_id", "site_id", name=op.f("uq_campaign_site_campaign_id_site_id")),
    )
    op.create_index(op.f("ix_campaign_site_site_id"), "campaign_site", ["site_id"], unique=False)
    op.create_table(
        "screening_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("studies", sa.JSON(), nullable=False),
        sa.Column("handed_at", Instant(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_screening_sheet_campaign_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_screening_sheet_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening_sheet")),
    )
    op.create_index("ix_screening_sheet_campaign_handed", "screening_sheet", ["campaign_id", "handed_at"])
    op.create_table(
        "screened",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.Column("re_reader_id", sa.Integer(), nullable=True),
        sa.Column("re_read_at", Instant(), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("statement", sa.String(500), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.CheckConstraint("kind IN ('batch', 'single')", name=op.f("ck_screened_kind")),
        sa.CheckConstraint("verdict IN ('first', 'second')", name=op.f("ck_screened_verdict")),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_screened_campaign_id")),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_screened_study_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_screened_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_screened_user_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["screening_sheet.id"], name=op.f("fk_screened_sheet_id")),
        sa.ForeignKeyConstraint(["re_reader_id"], ["user_account.id"], name=op.f("fk_screened_re_reader_id")),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["user_account.id"], name=op.f("fk_screened_settled_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screened")),
        sa.UniqueConstraint("campaign_id", "study_id", name=op.f("uq_screened_campaign_id_study_id")),
    )
    op.create_index(op.f("ix_screened_study_id"), "screened", ["study_id"], unique=False)
    op.create_index(op.f("ix_screened_site_id"), "screened", ["site_id"], unique=False)
