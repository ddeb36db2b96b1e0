"""What is told of each request: counted for Prometheus, logged, and known by one id from the proxy to the webhook that follows."""

import logging
import time

from flask import Flask, Response, g, request

from app import logs
from app.settings import Settings
from app.web.metrics import Metrics

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"}
HEADER = "X-Request-Id"
SLOW_SECONDS = 1.0
log = logging.getLogger("guerdon.requests")


def observe(app: Flask, metrics: Metrics, settings: Settings) -> None:
    """Observe every request. A proxy that is trusted may have given it an id."""

    @app.before_request
    def begin() -> None:
        request.environ["guerdon.began"] = time.perf_counter()
        g.request_id = logs.begin_request(request.headers.get(HEADER) if settings.proxy_hops else None)

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - request.environ["guerdon.began"]
        route = request.url_rule.rule if request.url_rule else "unknown"
        method = request.method if request.method in METHODS else "other"
        metrics.requests.labels(route, method, response.status_code).inc()
        metrics.seconds.labels(route).observe(seconds)
        response.headers[HEADER] = g.request_id
        level = logging.WARNING if response.status_code >= 500 or seconds > SLOW_SECONDS else logging.DEBUG
        if log.isEnabledFor(level):
            _tell(level, method, route, response.status_code, seconds)
        return response

    @app.teardown_request
    def forget(error: BaseException | None) -> None:
        logs.end_request()


def _tell(level: int, method: str, route: str, status: int, seconds: float) -> None:
    """The route rather than the address, which names people and codes."""
    milliseconds = round(seconds * 1000, 1)
    facts = {"method": method, "route": route, "status": status, "milliseconds": milliseconds}
    if "caller" in g:
        facts["role"] = g.caller.role
    log.log(level, "%s %s: %d in %s ms", method, route, status, milliseconds, extra=facts)
