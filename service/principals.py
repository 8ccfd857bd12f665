"""Who is asking, and what they may do."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Depends, Request

from service.problems import Problem
from service.store import Role

Via = Literal["key", "session", "open"]
_RANK: dict[Role, int] = {"intake": 0, "analyst": 1, "admin": 2}
_NAMES: dict[Role, str] = {"intake": "收件", "analyst": "分析", "admin": "管理"}


@dataclass(frozen=True, slots=True)
class Principal:
    """A key that was shown, directly or through a session, or the machine's own user.

    Attributes:
        name: the key's name, as it appears in trails and histories.
        key_id: what logs may say about who asked.
    """

    name: str
    role: Role
    key_id: str
    via: Via

    def may(self, role: Role) -> bool:
        """Whether this role includes the other: intake < analyst < admin.

        >>> Principal("窗口", "analyst", "1", "key").may("intake")
        True
        >>> Principal("窗口", "intake", "1", "key").may("analyst")
        False
        """
        return _RANK[self.role] >= _RANK[role]


# Without keys, on the loopback: whoever sits at this machine.
LOCAL_USER = Principal("本机", "admin", "local", "open")


def principal_of(request: Request) -> Principal | None:
    """Return who is asking, or None where nobody has signed in (pages only)."""
    found: Principal | None = getattr(request.state, "principal", None)
    return found


class Needs:
    """A dependency that lets a role pass and every higher one."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Principal:
        """Return the principal, or refuse."""
        principal = principal_of(request)
        if principal is None:
            raise not_signed_in()
        if not principal.may(self.role):
            raise Problem(
                403,
                "forbidden",
                f"这把密钥的角色是“{_NAMES[principal.role]}”，此处需要“{_NAMES[self.role]}”。"
                "请向管理员申请。",
                f"This needs the role {self.role}; the key has {principal.role}.",
            )
        return principal


def not_signed_in() -> Problem:
    """Ask for a key."""
    return Problem(
        401,
        "unauthorized",
        "需要有效的密钥。请登录，或在 Authorization: Bearer 中给出密钥（wuwei keys add）。",
        "A valid key is needed: sign in, or send Authorization: Bearer.",
        headers={"WWW-Authenticate": "Bearer"},
    )


Intake = Annotated[Principal, Depends(Needs("intake"))]
Analyst = Annotated[Principal, Depends(Needs("analyst"))]
