"""Templates, first readings for review, reasons at signing, image quality, and studies put aside."""

import sqlalchemy as sa
from alembic import op

from hub.store.tables.base import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    # ADD COLUMN and no rebuilding of tables: the audit's and the reports' triggers stay where they are.
    op.add_column("site", sa.Column("one_doctor", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column(
        "user_account",
        sa.Column("title", sa.String(length=16), nullable=False, server_default="intermediate"),
    )
    op.add_column("report", sa.Column("author_id", sa.Integer(), nullable=True))
    op.add_column("report", sa.Column("author_name", sa.String(64), nullable=False, server_default=""))
    op.add_column("report", sa.Column("author_licence", sa.String(32), nullable=False, server_default=""))
    op.add_column("report", sa.Column("reasons", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_report_digest"), "report", ["digest"], unique=False)
    op.create_table(
        "report_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=64), nullable=False),
        sa.Column("shortcut", sa.String(length=16), nullable=False),
        sa.Column("modalities", sa.JSON(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("impression", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('normal', 'finding', 'phrase')", name=op.f("ck_report_template_kind")),
        _foreign("report_template", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_template")),
        sa.UniqueConstraint("slug", "version", name=op.f("uq_report_template_slug_version")),
    )
    op.create_table(
        "written_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("writer_id", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("impression", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("addendum", sa.Text(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'approved', 'changed', 'returned', 'withdrawn')",
            name=op.f("ck_written_report_outcome"),
        ),
        _foreign("written_report", "study_id", "study"),
        _foreign("written_report", "site_id", "site"),
        _foreign("written_report", "writer_id", "user_account"),
        _foreign("written_report", "reviewer_id", "user_account"),
        _foreign("written_report", "report_id", "report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_written_report")),
    )
    for column in ("study_id", "site_id", "writer_id"):
        op.create_index(op.f(f"ix_written_report_{column}"), "written_report", [column], unique=False)
    waiting = sa.text("outcome = 'waiting'")
    op.create_index(
        "uq_written_report_waiting", "written_report", ["study_id"], unique=True,
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip
    op.create_table(
        "image_quality",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("grade IN ('A', 'B', 'C', 'D')", name=op.f("ck_image_quality_grade")),
        _foreign("image_quality", "study_id", "study"),
        _foreign("image_quality", "site_id", "site"),
        _foreign("image_quality", "user_id", "user_account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image_quality")),
    )
    for column in ("study_id", "site_id"):
        op.create_index(op.f(f"ix_image_quality_{column}"), "image_quality", [column], unique=False)
    op.create_table(
        "put_aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        _foreign("put_aside", "user_id", "user_account"),
        _foreign("put_aside", "study_id", "study"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_put_aside")),
        sa.UniqueConstraint("user_id", "study_id", name=op.f("uq_put_aside_user_id_study_id")),
    )


def downgrade() -> None:
    """Refuse on purpose: no step back loses what people wrote."""
    raise NotImplementedError("a hub goes back by its backup, for the new rows would be lost")
