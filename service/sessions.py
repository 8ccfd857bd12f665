"""Sessions of the pages: a signed cookie that names a key, and a token against forgery.

Nothing is kept on the server, so any worker can read any session; revoking the key ends it.
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha256

from itsdangerous import BadData, URLSafeTimedSerializer

from service.settings import Settings

COOKIE = "wuwei_session"
CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: whose key it is, and what tells this sign-in from another."""

    key_id: str
    nonce: str


class Sessions:
    """Signs sessions and reads them back."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.session_seconds
        self._secret = settings.session_secret.encode()
        self._signer = URLSafeTimedSerializer(
            settings.session_secret, salt="wuwei session", signer_kwargs={"digest_method": sha256}
        )

    def open(self, key_id: str) -> str:
        """Return the cookie of a new session."""
        return str(self._signer.dumps([key_id, secrets.token_urlsafe(12)]))

    def read(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None where it is forged or too old."""
        try:
            key_id, nonce = self._signer.loads(cookie, max_age=self._seconds)
        except (BadData, ValueError, TypeError):
            return None
        return Session(str(key_id), str(nonce))

    def csrf_token(self, session: Session) -> str:
        """Return what a page of this session sends along, and another site cannot know."""
        message = f"csrf\0{session.key_id}\0{session.nonce}".encode()
        return hmac.new(self._secret, message, sha256).hexdigest()

    def is_own(self, session: Session, token: str) -> bool:
        """Whether a token is this session's."""
        return hmac.compare_digest(self.csrf_token(session).encode(), token.encode("utf-8"))
