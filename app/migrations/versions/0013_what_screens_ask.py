"""What screens ask for: customers by how a name begins, what was given lately, what begins and ends, points by day, and audited changes."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_postgresql = op.get_bind().dialect.name == "postgresql"
    letters = " text_pattern_ops" if of_postgresql else ""
    op.execute(f"ALTER TABLE audit_entry ADD COLUMN changes {'JSON' if of_postgresql else 'TEXT'}")
    # Whose an entry of before is cannot be known for certain; it is for who acts for every chain.
    chain_id = "chain_id BIGINT" if of_postgresql else "chain_id INTEGER"
    op.execute(f"ALTER TABLE audit_entry ADD COLUMN {chain_id} CONSTRAINT fk_audit_entry_chain_id_chain REFERENCES chain (id)")
    op.execute("CREATE INDEX ix_audit_entry_chain_id_id ON audit_entry (chain_id, id)")
    for first, second in (("last_name", "first_name"), ("first_name", "last_name")):
        op.execute(f"CREATE INDEX ix_profile_{first} ON profile ({first}_folded{letters}, {second}_folded{letters})")
    for name in ("email", "phone", "loyalty_card_number"):
        op.execute(f"CREATE INDEX ix_profile_{name}_begins ON profile ({name}{letters})")
    op.execute("CREATE INDEX ix_award_campaign_id_given_at ON award (campaign_id, given_at)")
    op.execute("DROP INDEX ix_award_campaign_id")
    integer, moment = ("BIGINT", "TIMESTAMP WITH TIME ZONE") if of_postgresql else ("INTEGER", "TEXT")
    columns = f"chain_id {integer} NOT NULL, since {moment} NOT NULL, until {moment} NOT NULL"
    columns += f", given {integer} NOT NULL, taken {integer} NOT NULL"
    keys = "CONSTRAINT pk_points_span PRIMARY KEY (chain_id, since, until)"
    keys += ", CONSTRAINT fk_points_span_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id)"
    op.execute(f"CREATE TABLE points_span ({columns}, {keys}){'' if of_postgresql else ' STRICT'}")
    op.execute("CREATE INDEX ix_campaign_opens ON campaign (chain_id, lifecycle, active_from)")
    op.execute("CREATE INDEX ix_campaign_closes ON campaign (chain_id, lifecycle, active_to, active_from)")
    op.execute("CREATE INDEX ix_campaign_name ON campaign (chain_id, name_folded, id)")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
