"""Names are searched in every one of their groups, and studies by their referring physician."""

import sqlalchemy as sa
from alembic import op

from hub.domain.matching import sought_name
from hub.domain.person_name import full_name

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COLUMNS = (("patient", "name_sought", 326), ("study", "referring", 324), ("study", "referring_sought", 326))


def upgrade() -> None:
    for table, name, size in COLUMNS:
        op.add_column(table, sa.Column(name, sa.String(size), nullable=False, server_default=""))
    patient = sa.table("patient", *(sa.column(name) for name in ("id", "name", "name_raw", "name_sought")))
    known = op.get_bind().execute(sa.select(patient.c.id, patient.c.name, patient.c.name_raw)).all()
    rows = [{"row": row.id, "sought": sought_name(full_name(row.name, bytes(row.name_raw)))} for row in known]
    if rows:
        change = patient.update().where(patient.c.id == sa.bindparam("row"))
        op.get_bind().execute(change.values(name_sought=sa.bindparam("sought")), rows)


def downgrade() -> None:
    for table, name, _size in COLUMNS:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(name)
