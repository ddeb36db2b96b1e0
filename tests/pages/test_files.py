"""What the pages are made of: files that are what their packages say, texts in every language, and not too much of either."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.pages import assets
from app.pages.html import APPS, LANGUAGES, POLICY, document
from tests.client import Client

STATIC = assets.STATIC
FIRST_LOAD_BYTES_MAX = 150_000
# Which forms a language's numbers ask for (CLDR).
PLURALS = {"en": {"one", "other"}, "pl": {"one", "few", "many", "other"}}
SAID = re.compile(r"\bt\(\s*(?:\"([^\"]+)\"|[^`\"]*\? \"([^\"]+)\" : \"([^\"]+)\")")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
FORBIDDEN = ("innerHTML", "outerHTML", "insertAdjacentHTML", "dangerously", "eval(", "new Function", "document.write")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((STATIC / folder).rglob("*.*js"))


def catalogue(folder: str, language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STATIC / folder / "texts" / f"{language}.json").read_text())
    return found


def test_vendored_files_are_what_their_packages_say() -> None:
    listed = json.loads((STATIC / "vendor" / "manifest.json").read_text())
    for it in listed:
        content = (STATIC / "vendor" / it["file"]).read_bytes()
        assert base64.b64encode(hashlib.sha384(content).digest()).decode() == it["sha384"], it["file"]
        assert it["package"] in (STATIC / "vendor" / "LICENCES.txt").read_text()
        assert it["package"] in (STATIC.parents[2] / "NOTICE").read_text()
    others = {"manifest.json", "LICENCES.txt"}
    assert {it["file"] for it in listed} == {path.name for path in (STATIC / "vendor").iterdir()} - others


@pytest.mark.parametrize("folder", [*APPS, "kit"])
def test_every_text_is_there_in_every_language_with_all_its_forms(folder: str) -> None:
    every = {language: catalogue(folder, language) for language in LANGUAGES}
    english = every["en"]
    for language, texts in every.items():
        assert texts.keys() == english.keys(), language
        for key, text in texts.items():
            forms = text if isinstance(text, dict) else {"other": text}
            if isinstance(text, dict):
                assert forms.keys() == PLURALS[language], (language, key)
            assert all(form.strip() for form in forms.values()), (language, key)
            said = set(PLACEHOLDER.findall(" ".join(forms.values())))
            meant = english[key]
            expected = " ".join(meant.values()) if isinstance(meant, dict) else meant
            assert said == set(PLACEHOLDER.findall(expected)), (language, key)


@pytest.mark.parametrize("folder", [*APPS, "kit"])
def test_whatever_a_module_says_is_in_its_catalogue(folder: str) -> None:
    known = {**catalogue("kit", "en"), **(catalogue(folder, "en"))}
    beside = {"app.title", "app.name", "app.text"} if folder == "kit" else set()  # each application has its own
    for path in sources(folder):
        said = {key for keys in SAID.findall(path.read_text()) for key in keys if key}
        assert said <= known.keys() | beside, (path.name, said - known.keys())


IMPORT = re.compile(r"^import \{([^}]*)\} from \"([^\"]+)\";", re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function\*?|const|class|let) (\w+)|^export \{([^}]*)\}", re.MULTILINE)
BARE = {"preact", "preact/hooks", "htm", "lean-qr"}


def exported(path: Path) -> set[str]:
    names: set[str] = set()
    for one, several in EXPORT.findall(path.read_text()):
        names |= {one} if one else {name.strip() for name in several.split(",")}
    return names


def test_modules_import_what_there_is_and_use_what_they_import() -> None:
    """What a bundler would say; here nobody else does before the browser."""
    for path in sources("kit", *APPS):
        text = path.read_text()
        rest = IMPORT.sub("", text)
        for names, source in IMPORT.findall(text):
            imported = {name.strip().partition(" as ")[0] for name in names.split(",") if name.strip()}
            for name in imported:
                assert re.search(rf"(?<![\w.\"]){re.escape(name)}\b", rest), f"{path}: {name} is not used"
            if source not in BARE:
                target = STATIC / source if source.startswith("kit/") else path.parent / source
                assert imported <= exported(target.resolve()), (
                    f"{path}: {imported - exported(target.resolve())} of {source}"
                )


def test_everything_is_used_and_said_once() -> None:
    """Exports that somebody imports, texts that somebody says, and none of the kit's said again by an application."""
    every = {path: path.read_text() for path in sources("kit", *APPS)}
    kit = catalogue("kit", "en")
    for path in every:
        others = " ".join(other for it, other in every.items() if it != path)
        unused = {name for name in exported(path) if not re.search(rf"\b{name}\b", others)}
        assert not unused, f"{path}: {unused}"
    for folder in (*APPS, "kit"):
        text = " ".join(text for path, text in every.items() if path.parts[len(STATIC.parts)] in (folder, "kit"))
        text = " ".join(every.values()) if folder == "kit" else text
        said, begun = set(re.findall(r"\"([^\"\n]*)\"", text)), tuple(re.findall(r"`([a-z][\w.-]*\.)\$\{", text))
        unsaid = {key for key in catalogue(folder, "en") if key not in said and not key.startswith(begun)}
        assert not unsaid, f"{folder}: {unsaid}"
        if folder != "kit":
            for language in LANGUAGES:
                mine, common = catalogue(folder, language), catalogue("kit", language)
                assert not [key for key in kit if key in mine and mine[key] == common[key]], folder


def test_no_text_becomes_markup_or_a_program() -> None:
    for path in sources("kit", *APPS):
        for word in FORBIDDEN:
            assert word not in path.read_text(), f"{path.name}: {word}"


@pytest.mark.parametrize("app", APPS.values(), ids=lambda app: app.folder)
def test_the_first_load_is_small(app: Any) -> None:
    paths = [*assets.modules("vendor", "kit", app.folder), "kit/style.css", "kit/icon.svg"]
    paths += [f"{folder}/texts/en.json" for folder in ("kit", app.folder)]
    sent = [document(app), *(found for path in paths if (found := assets.find(path)))]
    assert sum(len(it.compressed or it.content) for it in sent) <= FIRST_LOAD_BYTES_MAX


@pytest.mark.parametrize(
    "path", ["/", "/console", "/console/campaigns/x/codes", "/till", "/till/sales", "/shop/coupons"]
)
def test_a_page_is_served_wherever_one_stands_in_it(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == POLICY
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "unsafe" not in POLICY
    again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_file_is_kept_for_good_and_never_mixed_with_another_versions(client: Client) -> None:
    answer = client.get(assets.address("kit/ui.mjs"), headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, answer.headers["Content-Encoding"]) == (200, "gzip")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"].startswith("text/javascript")
    plain = client.get(assets.address("kit/ui.mjs"), headers={"Accept-Encoding": "gzip;q=0"})
    assert plain.get_data() == (STATIC / "kit" / "ui.mjs").read_bytes()
    for missing in (
        "/pages/0000000000000000/kit/ui.mjs",
        f"{assets.ROOT}/kit/../../html.py",
        f"{assets.ROOT}/nothing.mjs",
    ):
        assert client.get(missing).status_code == 404


def test_the_till_can_be_installed(client: Client) -> None:
    manifest = client.get("/till/till.webmanifest").json
    assert manifest["start_url"] == manifest["scope"] == "/till"
    for icon in manifest["icons"]:
        assert client.get(icon["src"]).status_code == 200
    worker = client.get("/till/worker.js").get_data(as_text=True)
    assert assets.address("till/main.mjs") in worker
    assert assets.VERSION in worker
