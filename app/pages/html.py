"""The HTML that an application begins with, and what its page may load and do."""

import base64
import hashlib
import json
from functools import cache
from html import escape
from typing import NamedTuple

from app.pages import assets
from app.pages.assets import Asset, address, made


class App(NamedTuple):
    """One of the applications: its folder, what it is called, and for whom."""

    folder: str
    title: str
    description: str


APPS = {
    app.folder: app
    for app in (
        App("home", "Guerdon", "Reward campaigns: the console, the till, the shop."),
        App("console", "Guerdon console", "Set up campaigns, and see how they go."),
        App("till", "Guerdon till", "Buy rewards for the customer at the till."),
        App("shop", "Guerdon shop", "Browse rewards, and buy them for points."),
    )
}
LANGUAGES = ("en", "pl")
IMPORTS = json.dumps(
    {
        "imports": {
            "preact": address("vendor/preact.mjs"),
            "preact/hooks": address("vendor/preact-hooks.mjs"),
            "htm": address("vendor/htm.mjs"),
            "lean-qr": address("vendor/lean-qr.mjs"),
            "kit/": f"{assets.ROOT}/kit/",
        }
    }
)
_IMPORTS_SHA256 = base64.b64encode(hashlib.sha256(IMPORTS.encode()).digest()).decode()
# Nothing inline but the import map, nothing from elsewhere, and no text ever becomes markup.
POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' 'sha256-{_IMPORTS_SHA256}'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types guerdon",
    )
)


@cache
def document(app: App) -> Asset:
    """The page of an application: the same for everybody, in every language; its module fills it."""
    preloaded = "\n".join(
        f'<link rel="modulepreload" href="{address(path)}">' for path in assets.modules("vendor", "kit", app.folder)
    )
    installed = '<link rel="manifest" href="/till/till.webmanifest">\n' if app.folder == "till" else ""
    texts = f"{assets.ROOT}/{app.folder}/texts"
    return made(
        f"""<!doctype html>
<html lang="en" data-app="{app.folder}" data-texts="{texts}" data-languages="{" ".join(LANGUAGES)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#ffffff">
<title>{escape(app.title)}</title>
<meta name="description" content="{escape(app.description)}">
<link rel="icon" href="{address("kit/icon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="{address("kit/style.css")}">
{installed}<script type="importmap">{IMPORTS}</script>
{preloaded}
<script type="module" src="{address(f"{app.folder}/main.mjs")}"></script>
</head>
<body>
<div id="app"></div>
<noscript>{escape(app.title)} needs JavaScript. The API behind it does not: see <a href="/docs">the manual</a>.</noscript>
</body>
</html>
""".encode(),
        ".html",
    )
