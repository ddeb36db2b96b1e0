"""What people see in a browser: the console, the till, the shop, and the doors to them. Clients of the API, like any other.

There is no build: the browser loads the modules below `static` as they are. Their address names the version of all of them, so that
they may be kept for a year and never be mixed with those of another version.
"""

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from app.pages import assets
from app.pages.html import APPS, POLICY, document
from app.web.door import anyone

blueprint = Blueprint("pages", __name__)
PATHS = ("/console", "/till", "/shop", "/pages")
YEAR_SECONDS = 365 * 24 * 3600


@blueprint.get("/")
@anyone
def home() -> Response:
    """Doors to the three applications and to the manual."""
    return _page("home")


@blueprint.get("/<any(console, till, shop):app>", strict_slashes=False)
@blueprint.get("/<any(console, till, shop):app>/<path:place>")
@anyone
def application(app: str, place: str = "") -> Response:
    """One of the three, wherever one stands in it: the browser reads the rest of the address."""
    return _page(app)


@blueprint.get("/till/worker.js")
@anyone
def till_worker() -> Response:
    """What keeps the till working without a line; it serves the till's own address, too, which is above its folder."""
    response = _kept(_sent(assets.worker()), "no-cache")
    response.headers["Service-Worker-Allowed"] = "/till"
    return response


@blueprint.get("/till/till.webmanifest")
@anyone
def till_manifest() -> Response:
    """What a device needs to install the till."""
    return _kept(_sent(assets.till_manifest()), "no-cache")


@blueprint.get("/pages/<version>/<path:path>")
@anyone
def asset(version: str, path: str) -> Response:
    """A file of this version of the pages."""
    found = assets.find(path) if version == assets.VERSION else None
    if found is None:
        raise NotFound
    return _kept(_sent(found), f"public, max-age={YEAR_SECONDS}, immutable")


def _page(app: str) -> Response:
    return _kept(_sent(document(APPS[app])), "no-cache")


def _sent(asset: assets.Asset) -> Response:
    is_small = request.accept_encodings.quality("gzip") > 0 and asset.compressed is not None
    response = Response(asset.compressed if is_small else asset.content, content_type=asset.content_type)
    if is_small:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    return response


def _kept(response: Response, how_long: str) -> Response:
    response.headers["Cache-Control"] = how_long
    response.add_etag()
    response.make_conditional(request)
    return response
