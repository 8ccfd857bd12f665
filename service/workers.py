"""Several processes on one listening socket: started, replaced when one dies, stopped.

The parent only waits for signals. It forks before any thread is started, so the model is in
memory once; each child exchanges its own when another is promoted.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from service.metrics import forget_process

_SIGNALS = {signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
# A child that dies at once is not replaced faster than this.
_PAUSE_SECONDS = 1.0

_log = logging.getLogger("wuwei.service")


def run_workers(work: Callable[[], None], count: int) -> None:
    """Keep `count` children at work until SIGTERM or SIGINT; pass SIGHUP on to them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    children = {_fork(work) for _ in range(count)}
    while (got := signal.sigwait(_SIGNALS)) not in (signal.SIGTERM, signal.SIGINT):
        if got == signal.SIGHUP:
            _tell(children, signal.SIGHUP)
            continue
        for pid in _reap(children):
            _log.error("worker died", extra={"pid": pid})
            children.remove(pid)
            time.sleep(_PAUSE_SECONDS)
            children.add(_fork(work))
    _tell(children, signal.SIGTERM)
    for pid in children:
        os.waitpid(pid, 0)


def _fork(work: Callable[[], None]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()
        work()
        code = 0
    except Exception as error:
        _log.error("worker failed", exc_info=error)
    finally:
        os._exit(code)


def _follow(parent: int) -> None:
    """Stop when the parent is gone: a worker nobody can stop would hold the port."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _reap(children: set[int]) -> list[int]:
    dead = [pid for pid in children if os.waitpid(pid, os.WNOHANG)[0]]
    for pid in dead:
        forget_process(pid)
    return dead


def _tell(children: set[int], number: signal.Signals) -> None:
    for pid in children:
        os.kill(pid, number)
