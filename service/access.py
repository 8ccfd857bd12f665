"""Who may come in: the first thing every request meets, before its body is read.

Three ways: a key in `Authorization: Bearer`, a session cookie with its token, or, while no
key was ever made and only this machine can reach the service, no key at all. The last is
guarded against foreign web pages: they could reach the loopback too, by a name that resolves
to it (DNS rebinding, so `Host` is checked) or by posting blindly (so `Origin` is).
"""

from http.cookies import CookieError, SimpleCookie

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.keyring import KeyRing
from service.principals import LOCAL_USER, Principal, Via, not_signed_in
from service.problems import Problem, busy, respond, to_problem
from service.rates import Buckets
from service.sessions import COOKIE, CSRF_HEADER, Session, Sessions
from service.settings import Settings
from service.store import ApiKey

PUBLIC = frozenset({"/api/v1/healthz", "/api/v1/readyz", "/api/openapi.json"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Signing in has no session yet, and signing out brings its token as a field of the form.
_NO_TOKEN = frozenset({"/login", "/logout"})


class Access:
    """Lets a request in with its principal, or answers with a problem.

    Puts `principal` and `csrf_token` into the request's state.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, ring: KeyRing, sessions: Sessions
    ) -> None:
        self._app = app
        self._settings = settings
        self._ring = ring
        self._sessions = sessions
        self._rates = Buckets(rate=settings.rate_per_second, burst=settings.rate_burst)
        self._failures = Buckets(rate=1.0, burst=20)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        try:
            state["principal"], state["csrf_token"] = await self._admit(scope)
        except Exception as error:
            problem = to_problem(error)
            if problem.status_code == 500:
                raise
            await respond(problem, state.get("request_id", ""))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> tuple[Principal | None, str]:
        headers = Headers(scope=scope)
        if scope["path"] in PUBLIC:
            return None, ""
        keys = self._ring.fresh_keys()
        if keys is None:
            keys = await run_in_threadpool(self._ring.keys)
        is_open = self._settings.loopback and not keys
        self._check_host(headers, is_open)
        if secret := _bearer(headers):
            return self._limited(await self._by_secret(secret, scope)), ""
        if scope["method"] not in _SAFE:
            check_origin(headers)
        if is_open:
            return LOCAL_USER, ""
        if session := self._session(headers, keys):
            token = self._sessions.csrf_token(session)
            self._check_token(scope, headers, session)
            return self._limited(_principal(keys[session.key_id], "session")), token
        if scope["path"].startswith("/api/"):
            raise not_signed_in()
        return None, ""

    def _check_host(self, headers: Headers, is_open: bool) -> None:
        hosts = self._settings.hosts
        if not is_open and not hosts:
            return
        name = host_name(headers.get("host", ""))
        if name not in _LOOPBACK and name not in hosts:
            raise Problem(
                421,
                "host",
                "不接受以这个名称访问。请用 localhost，或让管理员用 --allow-host 加上这个名称。",
                "The service does not answer to this host name; see --allow-host.",
            )

    async def _by_secret(self, secret: str, scope: Scope) -> Principal:
        client = _address(scope)
        if key := self._ring.fresh(secret):
            return _principal(key, "key")
        if self._failures.is_empty(client):
            raise busy(1, "错误的密钥太多。请稍后再试。", "Too many wrong keys; wait a moment.")
        key = await run_in_threadpool(self._ring.find, secret)
        if key is None:
            self._failures.take(client)
            raise not_signed_in()
        return _principal(key, "key")

    def _session(self, headers: Headers, keys: dict[str, ApiKey]) -> Session | None:
        session = self._sessions.read(_cookie(headers)) if "cookie" in headers else None
        key = keys.get(session.key_id) if session else None
        return session if key and key.revoked_at is None else None

    def _check_token(self, scope: Scope, headers: Headers, session: Session) -> None:
        if scope["method"] in _SAFE or scope["path"] in _NO_TOKEN:
            return
        if not self._sessions.is_own(session, headers.get(CSRF_HEADER, "")):
            raise Problem(
                403,
                "csrf",
                "页面已过期。请刷新页面后重试；输入的内容不会丢失。",
                f"The header {CSRF_HEADER} is missing or not this session's; reload the page.",
            )

    def _limited(self, principal: Principal) -> Principal:
        if wait := self._rates.take(principal.key_id):
            raise Problem(
                429,
                "rate",
                f"这把密钥的请求太频繁。请 {wait} 秒后再试。",
                f"Too many requests with this key; retry after {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        return principal


def check_origin(headers: Headers) -> None:
    """Refuse what a page of another site sends; programs send neither header and pass.

    Raises:
        Problem: the browser says that the request comes from elsewhere.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        is_own = site in ("same-origin", "none")
    else:
        is_own = origin is None or origin.partition("://")[2] == headers.get("host")
    if not is_own:
        raise Problem(
            403,
            "csrf",
            "这个请求来自别的网站，已拒绝。",
            "The request comes from another site and was refused.",
        )


def host_name(host: str) -> str:
    """Return a `Host` header's name without its port.

    >>> host_name("localhost:8000"), host_name("[::1]:8000"), host_name("Evil.example")
    ('localhost', '[::1]', 'evil.example')
    """
    name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host
    return (name if name.startswith("[") else name.partition(":")[0]).lower()


def _principal(key: ApiKey, via: Via) -> Principal:
    return Principal(key.name, key.role, key.id, via)


def _bearer(headers: Headers) -> str:
    """Return the secret of the header; a header of another scheme is a wrong key."""
    value = headers.get("authorization")
    if value is None:
        return ""
    scheme, _, secret = value.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret.strip() else value or "?"


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
