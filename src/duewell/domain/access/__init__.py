"""Access: who may do what, how often one may try, and which acts need a second person.

Needs    roles, permissions, acts and instants as values.
Gives    Role, Permission, Identity, may; Limit and its rules; the acts of four eyes.
Never    knows a person's secrets, a route, or the time.
Source   docs/reference/access.md.
"""

from duewell.domain.access._acts import FOUR_EYES, Act, needs_second
from duewell.domain.access._limits import LIMITS, Limit
from duewell.domain.access._passwords import PASSWORD_MAX, PASSWORD_MIN, check_password
from duewell.domain.access._roles import (
    GRANTS,
    NOBODY,
    Identity,
    Kind,
    Permission,
    Role,
    role_named,
)
from duewell.domain.access._sessions import (
    CODE_LIFE,
    CODE_TRIES,
    KEY_PREFIX,
    SESSION_IDLE,
    SESSION_LIFE,
    VERSIONS,
)

__all__ = [
    "CODE_LIFE",
    "CODE_TRIES",
    "FOUR_EYES",
    "GRANTS",
    "KEY_PREFIX",
    "LIMITS",
    "NOBODY",
    "PASSWORD_MAX",
    "PASSWORD_MIN",
    "SESSION_IDLE",
    "SESSION_LIFE",
    "VERSIONS",
    "Act",
    "Identity",
    "Kind",
    "Limit",
    "Permission",
    "Role",
    "check_password",
    "needs_second",
    "role_named",
]
