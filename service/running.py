"""Listening, and stopping in order: what `wuwei serve` does with an application."""

import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from pipeline.errors import InputError
from service.served import settle
from service.store import Store, default_url, open_store
from service.workers import run_workers

# Requests in the works have this long to finish; then systemd's patience would end too.
_GRACE_SECONDS = 30
_BACKLOG = 2_048
# Connections that say nothing cost only memory, but that without end; more get 503.
_CONNECTIONS = 2_000
# Bulk work computes in a thread; the event loop asks for its turn this often (seconds).
_SWITCH_SECONDS = 0.001

_log = logging.getLogger("wuwei.service")

Build = Callable[[Store], FastAPI]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "wuwei.cn")]
    [True, True, True, False, False]
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_keys(host: str) -> bool:
    """Bring the database up to date; return whether the service will be open to all here.

    Raises:
        InputError: other machines can reach the address, and there is no key.
    """
    with open_store(default_url()) as store:
        keys = store.keys()
    if not is_loopback(host) and all(key.revoked_at for key in keys):
        raise InputError(
            f"还没有密钥，不能在 {host} 上提供服务：别的机器也能连上。请先运行 "
            "wuwei keys add 名称 --role intake，或改用 --host 127.0.0.1。",
            f"There are no keys, so {host} is refused: other machines could reach it. "
            "Run wuwei keys add first, or use --host 127.0.0.1.",
        )
    return not keys


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens; `port` 0 takes a free one.

    Raises:
        InputError: the address is none of this machine's, or taken.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InputError(
            f"不能在 {host}:{port} 上监听：{error.strerror}。请换一个 --host 或 --port。",
            f"Cannot listen on {host}:{port}: {error.strerror}.",
        ) from error


def run(build: Build, listening: socket.socket, *, workers: int) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was begun.

    Each worker opens the store itself: connections do not survive a fork.
    """
    gc.collect()
    settle()  # before a fork: pages the collector does not touch stay shared
    address = "{}:{}".format(*listening.getsockname()[:2])
    _log.info("listening", extra={"address": address, "workers": workers})
    if workers == 1:
        _run_one(build, listening)
    else:
        run_workers(lambda: _run_one(build, listening), workers)
    _log.info("stopped", extra={"address": address})


def _run_one(build: Build, listening: socket.socket) -> None:
    sys.setswitchinterval(_SWITCH_SECONDS)
    with open_store(default_url()) as store:
        app = build(store)
        settle()
        signal.signal(signal.SIGHUP, lambda *_: app.state.background.ask())
        config = uvicorn.Config(
            app,
            access_log=False,  # service.logs writes a line that holds no words
            log_config=None,
            server_header=False,
            date_header=True,
            lifespan="on",
            timeout_graceful_shutdown=_GRACE_SECONDS,
            limit_concurrency=_CONNECTIONS,
        )
        _log.info(
            "serving", extra={"pid": os.getpid(), "serving": app.state.service.served.version}
        )
        server = uvicorn.Server(config)
        _exit_cleanly(server)
        server.run([listening])


def _exit_cleanly(server: uvicorn.Server) -> None:
    """Make being told to stop a success.

    The server raises the signal once more when it has stopped; that must not kill us. A
    signal before it listens has nothing to finish.
    """

    def stop(*_: object) -> None:
        if not server.should_exit:
            sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
