"""Photos: every upload is made anew, or refused in the form's tree; the old photo stays until then."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from PIL import Image, PngImagePlugin

from app.campaign import invariants
from app.campaign.setup import photos
from app.media import imaging
from app.media.blobs import FolderStore
from app.media.object_store import ObjectStore
from app.settings import Settings
from tests.client import Client
from tests.postgres import free_port
from tests.world import World

pytestmark = pytest.mark.slow


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 620), mode: str = "RGB", **how: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 120).save(out, kind, **how)
    return out.getvalue()


def upload(ada: Client, campaign: Any, content: bytes, name: str = "photo.png") -> Any:
    return upload_to(ada, f"/api/campaign/{campaign.uuid}/photo", content, name)


def upload_to(ada: Client, url: str, content: bytes, name: str = "photo.png") -> Any:
    """Multipart written out: werkzeug's own test client forgets to close the file that it spools large ones to."""
    head = f'--b\r\nContent-Disposition: form-data; name="photo[file]"; filename="{name}"\r\n\r\n'.encode()
    return ada.post(url, data=head + content + b"\r\n--b--\r\n", content_type="multipart/form-data; boundary=b")


def file_errors(answer: Any) -> list[str]:
    assert answer.status_code == 400
    assert answer.json["errors"] == []
    return answer.json["form"]["children"]["file"].get("errors", [])  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("kind", "served"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/png"), ("WEBP", "image/jpeg")]
)
def test_a_photo_is_uploaded_and_shown_to_everybody(
    ada: Client, client: Client, world: World, kind: str, served: str
) -> None:
    campaign = world.a_campaign()
    assert client.get(f"/api/campaign/{campaign.uuid}/photo").status_code == 404
    answer = upload(ada, campaign, picture(kind))
    assert (answer.status_code, answer.json) == (200, [])
    shown = client.get(f"/api/campaign/{campaign.uuid}/photo")
    assert (shown.status_code, shown.mimetype) == (200, served)
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert Image.open(io.BytesIO(shown.data)).size == (640, 620)
    not_modified = client.get(f"/api/campaign/{campaign.uuid}/photo", headers={"If-None-Match": shown.headers["ETag"]})
    assert not_modified.status_code == 304
    assert ada.get(f"/api/campaign/{campaign.uuid}").json["hasPhoto"] is True  # type: ignore[index]


def test_a_photo_is_replaced_and_removed(ada: Client, client: Client, world: World, settings: Settings) -> None:
    campaign = world.a_campaign()
    path = f"/api/campaign/{campaign.uuid}/photo"
    upload(ada, campaign, picture(size=(640, 640)))
    upload(ada, campaign, picture("JPEG", size=(700, 700)), "p.jpg")
    assert Image.open(io.BytesIO(client.get(path).data)).size == (700, 700)
    for _ in range(2):
        answer = ada.delete(path)
        assert (answer.status_code, answer.json) == (200, [])
    assert client.get(path).status_code == 404
    store = FolderStore(settings.storage / "photos")
    assert photos.remove_unreferenced(world.database, store) == 0, "a blob may belong to an upload under way"
    assert photos.remove_unreferenced(world.database, store, older_than_seconds=-1) == 2


def test_the_photo_of_a_secret_campaign_is_shown_to_the_staff_only(
    ada: Client, sol: Client, cleo: Client, client: Client, world: World
) -> None:
    draft = world.a_campaign(lifecycle="draft")
    path = f"/api/campaign/{draft.uuid}/photo"
    upload(ada, draft, picture())
    missing = client.get(f"/api/campaign/{uuid4()}/photo")
    for who in (client, cleo, Client(client.app).with_token("nonsense")):
        answer = who.get(path)
        assert (answer.status_code, answer.json) == (404, missing.json)
    for staff in (ada, sol):
        shown = staff.get(path)
        assert shown.status_code == 200
        assert (shown.headers["Cache-Control"].split(",")[0], shown.headers["Vary"]) == ("private", "Authorization")
    ada.post(f"/api/campaign/{draft.uuid}/active")
    assert client.get(path).status_code == 200


def test_nothing_of_the_upload_survives_but_pixels(ada: Client, client: Client, world: World) -> None:
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("Comment", "<script>alert(1)</script>")
    exif = Image.Exif()
    exif[0x0112] = 6
    campaign = world.a_campaign()
    for content in (
        picture(pnginfo=hidden) + b"<script>alert(2)</script>",
        picture("JPEG", comment=b"<script>alert(3)</script>", exif=exif, icc_profile=b"<script>alert(4)</script>"),
    ):
        assert upload(ada, campaign, content).status_code == 200
        assert b"<script" not in client.get(f"/api/campaign/{campaign.uuid}/photo").data
    assert Image.open(io.BytesIO(client.get(f"/api/campaign/{campaign.uuid}/photo").data)).size == (620, 640), (
        "turned upright"
    )


def test_a_large_picture_is_made_smaller(ada: Client, client: Client, world: World) -> None:
    campaign = world.a_campaign()
    upload(ada, campaign, picture("JPEG", size=(4000, 3000)))
    assert Image.open(io.BytesIO(client.get(f"/api/campaign/{campaign.uuid}/photo").data)).size == (2000, 1500)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims, and holds, a sea of one-bit pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\0" * (width // 8)) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"just some text", imaging.NOT_AN_IMAGE),
        (picture()[:300], imaging.NOT_AN_IMAGE),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 1000, imaging.NOT_AN_IMAGE),
        (picture("BMP"), imaging.NOT_AN_IMAGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", imaging.NOT_AN_IMAGE),
        (b"GIF89a" + picture()[6:], imaging.NOT_AN_IMAGE),
        (picture(size=(599, 700)), "The image width is too small (599px). Minimum width expected is 600px."),
        (picture(size=(700, 1)), "The image height is too small (1px). Minimum height expected is 600px."),
        (
            picture("PNG", size=(8001, 600), mode="1"),
            "The image width is too big (8001px). Allowed maximum width is 8000px.",
        ),
        (bomb(8000, 8000), "The image has too many pixels (64000000). Allowed maximum is 16000000."),
        (b"", "This value should not be blank."),
    ],
    ids=["text", "truncated", "only the magic", "bmp", "svg", "disguised", "narrow", "flat", "wide", "bomb", "empty"],
)
def test_a_bad_file_is_told_so_and_leaves_the_old_photo(
    ada: Client, client: Client, world: World, content: bytes, message: str
) -> None:
    campaign = world.a_campaign()
    upload(ada, campaign, picture())
    before = client.get(f"/api/campaign/{campaign.uuid}/photo").data
    assert file_errors(upload(ada, campaign, content)) == [message]
    assert client.get(f"/api/campaign/{campaign.uuid}/photo").data == before


def test_a_file_over_two_megabytes_is_refused(ada: Client, world: World) -> None:
    campaign = world.a_campaign()
    [message] = file_errors(upload(ada, campaign, picture() + b"\0" * (2 * 1024 * 1024)))
    assert message.startswith("The file is too large")
    assert upload(ada, campaign, b"\0" * (9 * 1024 * 1024)).status_code == 413


def test_a_path_instead_of_a_file_cannot_be_opened(ada: Client, world: World) -> None:
    path = f"/api/campaign/{world.a_campaign().uuid}/photo"
    assert file_errors(ada.post(path, data={"photo[file]": r"C:\fakepath\Photo.png"})) == [
        "The file could not be found."
    ]
    assert file_errors(ada.post(path)) == []


def test_a_decoder_that_runs_wild_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imaging, "CHILD_SECONDS", 0.01)
    with pytest.raises(imaging.BadImage):
        imaging.remake(picture())


def test_the_child_cannot_take_all_memory(tmp_path: Path) -> None:
    """The limits are the child's own: without them this allocation would succeed."""
    import subprocess
    import sys

    script = f"import sys; sys.path.insert(0, {str(Path(imaging.__file__).parent)!r}); import imaging\n"
    script += "imaging._remake = lambda *_: bytearray(imaging.CHILD_MEMORY_BYTES); imaging._main()"
    child = subprocess.run(
        [sys.executable, "-c", script, "600"], input=b"", capture_output=True, check=True, cwd=tmp_path
    )
    assert child.stdout == b'{"error": "' + imaging.NOT_AN_IMAGE.encode() + b'"}\n'


def test_a_lost_blob_is_found_by_the_invariants(ada: Client, world: World, settings: Settings) -> None:
    campaign = world.a_campaign()
    upload(ada, campaign, picture())
    store = FolderStore(settings.storage / "photos")
    with world.database.reading() as session:
        assert list(invariants.check(session, store)) == []
        for sha256 in store.older_than(-1):
            store.remove(sha256)
        assert [breach.invariant.name for breach in invariants.check(session, store)] == ["I12"]
    assert ada.get(f"/api/campaign/{campaign.uuid}/photo").status_code == 404


@pytest.mark.waits
def test_a_bucket_that_is_away_is_said_and_costs_no_photo(app: Flask, ada: Client, world: World) -> None:
    campaign = world.a_campaign()
    upload(ada, campaign, picture())
    kept = app.extensions["guerdon_blobs"]
    app.extensions["guerdon_blobs"] = ObjectStore(
        f"s3://key:secret@photos?endpoint=http://127.0.0.1:{free_port()}&region=x"
    )
    for answer in (upload(ada, campaign, picture("GIF")), ada.get(f"/api/campaign/{campaign.uuid}/photo")):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    app.extensions["guerdon_blobs"] = kept
    assert ada.get(f"/api/campaign/{campaign.uuid}/photo").mimetype == "image/png"


def chunk(name: bytes, content: bytes, is_whole: bool = True) -> bytes:
    checksum = zlib.crc32(name + content) if is_whole else 1
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def png_with(extra: bytes) -> bytes:
    whole = picture("PNG")
    return whole[:33] + extra + whole[33:]  # behind the head


def jpeg_with(segment: bytes) -> bytes:
    whole = picture("JPEG")
    return whole[:2] + segment + whole[2:]


def app_segment(number: int, content: bytes) -> bytes:
    return bytes([0xFF, 0xE0 + number]) + struct.pack(">H", len(content) + 2) + content


DAMAGED = {
    "exif that is no tiff": jpeg_with(app_segment(1, b"Exif\0\0" + b"XX*\0" + b"\xff" * 30)),
    "exif that points outside": jpeg_with(app_segment(1, b"Exif\0\0" + b"II*\0" + struct.pack("<I", 9_999))),
    "exif that is cut off": jpeg_with(app_segment(1, b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01")),
    "mpf that is cut off": jpeg_with(app_segment(2, b"MPF\0II*\0\x08\0\0\0\x03\0")),
    "mpf of nonsense": jpeg_with(app_segment(2, b"MPF\0" + b"\xff" * 40)),
    "icc of nonsense": jpeg_with(app_segment(2, b"ICC_PROFILE\0\x01\x01" + b"\xff" * 40)),
    "eXIf of nonsense": png_with(chunk(b"eXIf", b"II*\0" + b"\xff" * 20)),
    "eXIf with a wrong checksum": png_with(chunk(b"eXIf", b"II*\0", is_whole=False)),
    "text with a wrong checksum": png_with(chunk(b"tEXt", b"Comment\0x", is_whole=False)),
    "text that is too long": png_with(chunk(b"zTXt", b"C\0\0" + zlib.compress(b"x" * 2_000_000))),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_damaged_beside_the_pixels_spoils_no_photo(name: str) -> None:
    made = Image.open(io.BytesIO(imaging.remake(DAMAGED[name]).content))
    assert made.size == (640, 620)
    red, green, blue = made.convert("RGB").getpixel((300, 300))  # type: ignore[misc]
    assert abs(red - 120) + green + blue < 5


def test_pixels_that_are_damaged_do() -> None:
    whole = picture("PNG")
    for content in (whole[:-200], whole.replace(b"IDAT", b"IDAX"), picture("JPEG")[:600]):
        with pytest.raises(imaging.BadImage):
            imaging.remake(content)


def gradient(mode: str) -> Image.Image:
    """From black at the left to white at the right, in any mode."""
    row = [round(x * 255 / 639) for x in range(640)]
    if mode.startswith("I;16"):
        data = b"".join(struct.pack("<H", value * 257) for value in row) * 620
        return Image.frombytes("I;16", (640, 620), data)
    return Image.frombytes("L", (640, 620), bytes(row) * 620).convert(mode)


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *(("JPEG", mode) for mode in ("L", "RGB", "CMYK")),
        *(("GIF", mode) for mode in ("L", "P")),
        *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    ],
)
def test_every_mode_comes_out_looking_as_it_went_in(kind: str, mode: str) -> None:
    out, how = io.BytesIO(), {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    gradient(mode).save(out, kind, **how)
    made = Image.open(io.BytesIO(imaging.remake(out.getvalue()).content)).convert("RGB")
    for x in (0, 160, 320, 480, 639):
        wanted = round(x * 255 / 639)
        if mode == "1":  # dithered: dark at one end, light at the other
            wanted = 0 if x == 0 else 255 if x == 639 else -1
        found = made.getpixel((x, 300))
        assert wanted == -1 or all(abs(value - wanted) <= 6 for value in found), (x, wanted, found)  # type: ignore[union-attr]


def test_a_deep_grey_that_stands_for_transparent_stays_so() -> None:
    out = io.BytesIO()
    gradient("I;16").save(out, "PNG", transparency=0)
    made = Image.open(io.BytesIO(imaging.remake(out.getvalue()).content))
    assert made.mode == "RGBA"
    assert [made.getpixel((x, 5))[3] for x in (0, 639)] == [0, 255]  # type: ignore[index]


def test_colours_of_another_space_are_shown_as_they_were_meant() -> None:
    from PIL import ImageCms

    linear = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    out = io.BytesIO()
    Image.new("RGB", (640, 620), (200, 30, 30)).save(out, "PNG", icc_profile=linear.tobytes())  # not a profile of RGB
    assert Image.open(io.BytesIO(imaging.remake(out.getvalue()).content)).getpixel((9, 9)) == (200, 30, 30)


@pytest.mark.parametrize("kind", ["level", "earningRule"])
def test_a_level_and_a_rule_have_one_photo_which_everybody_sees_while_they_are_in_use(
    ada: Client, sol: Client, cleo: Client, client: Client, world: World, settings: Settings, kind: str
) -> None:
    rule = {"type": "points", "name": "Points", "active": True, "allTimeActive": True, "pointValue": 2}
    made = ada.post("/api/earningRule", json={"earningRule": rule}).json["earningRuleId"]
    id, listed = (made, "earningRules") if kind == "earningRule" else (str(world.bronze.uuid), "levels")
    url = f"/api/{kind}/{id}/photo"

    def has_photo(who: Client, prefix: str) -> Any:
        [found] = [
            it for it in who.get(f"/api{prefix}/{kind}").json[listed] if id in (it.get("id"), it.get("earningRuleId"))
        ]
        return found["hasPhoto"]

    assert client.get(url).status_code == 404
    assert not has_photo(ada, "")
    for content in (picture(), picture(size=(700, 700))):
        assert (upload_to(ada, url, content).status_code, client.get(url).mimetype) == (200, "image/png")
    assert Image.open(io.BytesIO(client.get(url).data)).size == (700, 700)
    assert (has_photo(ada, ""), has_photo(sol, "/seller"), has_photo(cleo, "/customer")) == (True, True, True)
    assert ada.get(f"/api/{kind}/{id}").json["hasPhoto"]
    assert upload_to(ada, url, b"no picture").json["form"]["children"]["file"]["errors"] == [imaging.NOT_AN_IMAGE]
    assert upload_to(sol, url, picture()).status_code == 403
    ada.post(f"/api/{kind}/{id}/activate", json={"active": 0})
    assert [it.get(url).status_code for it in (client, cleo, sol, ada)] == [404, 404, 200, 200]
    store = FolderStore(settings.storage / "photos")
    assert photos.remove_unreferenced(world.database, store, older_than_seconds=-1) == 1, "the first"
    with world.database.reading() as session:
        assert not list(invariants.check(session, store))
    for _ in range(2):
        assert ada.delete(url).json == []
    assert ada.get(url).status_code == 404
    assert photos.remove_unreferenced(world.database, store, older_than_seconds=-1) == 1
