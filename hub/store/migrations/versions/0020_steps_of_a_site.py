"""A performed step's UID is a site's own: another site neither learns of it nor is held up by it."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

OLD, NEW = "uq_performed_step_sop_instance_uid", "uq_performed_step_site_id_sop_instance_uid"


def upgrade() -> None:
    with op.batch_alter_table("performed_step", schema=None) as batch_op:
        batch_op.drop_constraint(OLD, type_="unique")
        batch_op.create_unique_constraint(NEW, ["site_id", "sop_instance_uid"])


def downgrade() -> None:
    with op.batch_alter_table("performed_step", schema=None) as batch_op:
        batch_op.drop_constraint(NEW, type_="unique")
        batch_op.create_unique_constraint(OLD, ["sop_instance_uid"])
