"""The application's role: whoever made it may work as it, and a member may see which schema this is."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # A role that may create roles is no superuser: it must grant itself the right to work as the new one.
    op.execute(
        """
        do $$
        begin
          if not pg_has_role(current_user, 'duewell_app', 'set') then
            execute format('grant duewell_app to %I with set true', current_user);
          end if;
        end
        $$
        """
    )
    op.execute("grant select on schema_version to duewell_app")


def downgrade() -> None:
    op.execute("revoke select on schema_version from duewell_app")
