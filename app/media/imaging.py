"""Make a safe picture of an upload, in a child process that may use little memory and little time.

`remake(upload)` is for the service; this file run as a program is the child: the upload on its standard input, the
picture on its output. Nothing of the upload's bytes survives, only its pixels: no comments, no profiles, no second
format hidden behind the first.
"""

import io
import json
import resource
import subprocess
import sys
import warnings
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

UPLOAD_BYTES_MAX = 2 * 1024 * 1024
SIDE_PIXELS_MIN = 600
SIDE_PIXELS_MAX = 8_000
PIXELS_MAX = 16_000_000
STORED_SIDE_PIXELS_MAX = 2_000
CHILD_MEMORY_BYTES = 512 * 1024 * 1024
CHILD_CPU_SECONDS = 5
CHILD_SECONDS = 15
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")

LOOKS = {b"tRNS", b"iCCP", b"eXIf"}
PNG = b"\x89PNG\r\n\x1a\n"

NOT_AN_IMAGE = "This file is not a valid image."


class BadImage(Exception):
    """The upload cannot be made a picture; the message is for the person who uploaded it."""


@dataclass(frozen=True)
class Picture:
    """Pixels that we encoded ourselves, as JPEG or PNG."""

    media_type: str
    content: bytes


def remake(upload: bytes, side_pixels_min: int = SIDE_PIXELS_MIN) -> Picture:
    """Decode an upload of at most UPLOAD_BYTES_MAX and encode it anew. Raises BadImage."""
    try:
        child = subprocess.run(
            [sys.executable, "-I", __file__, str(side_pixels_min)],
            input=upload,
            capture_output=True,
            timeout=CHILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as e:
        raise BadImage(NOT_AN_IMAGE) from e
    head, _, content = child.stdout.partition(b"\n")
    try:
        answer = json.loads(head)
    except ValueError as e:  # killed for its memory or its time
        raise BadImage(NOT_AN_IMAGE) from e
    if "error" in answer:
        raise BadImage(answer["error"])
    return Picture(answer["media_type"], content)


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (CHILD_MEMORY_BYTES, CHILD_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CHILD_CPU_SECONDS, CHILD_CPU_SECONDS))
    try:
        picture = _remake(sys.stdin.buffer.read(UPLOAD_BYTES_MAX + 1), int(sys.argv[1]))
        answer, content = {"media_type": picture.media_type}, picture.content
    except BadImage as e:
        answer, content = {"error": str(e)}, b""
    except Exception:  # whatever a decoder raises on a hostile file
        answer, content = {"error": NOT_AN_IMAGE}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


def _remake(upload: bytes, side_pixels_min: int) -> Picture:
    from PIL import Image, ImageOps

    warnings.simplefilter("ignore")  # about what stands beside the pixels, of which nothing is kept
    Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit lets far too much pass; ours is asked before anything is decoded
    with Image.open(io.BytesIO(_without_damaged_chunks(upload)), formats=FORMATS) as image:
        _require_size(*image.size, side_pixels_min)
        keeps_pixels_exact = image.format in {"PNG", "GIF"}
        image.load()
        profile = image.info.get("icc_profile")
        upright: Any = image
        with suppress(Exception):  # a damaged block beside the pixels says nothing about them
            upright = ImageOps.exif_transpose(image)
        has_alpha = upright.has_transparency_data
        upright = _eight_bits_deep(upright)
        mode = "RGBA" if has_alpha else "RGB"
        with suppress(Exception):  # as for other damaged blocks
            upright = _in_srgb(upright, profile)
    clean = Image.new(mode, upright.size)
    clean.paste(upright.convert(mode))
    clean.thumbnail((STORED_SIDE_PIXELS_MAX, STORED_SIDE_PIXELS_MAX))
    out = io.BytesIO()
    if has_alpha or keeps_pixels_exact:
        clean.save(out, "PNG")
        return Picture("image/png", out.getvalue())
    clean.save(out, "JPEG", quality=85)
    return Picture("image/jpeg", out.getvalue())


def _without_damaged_chunks(upload: bytes) -> bytes:
    """A PNG with those ancillary chunks only that say how its pixels look, and are whole; Pillow would refuse it for the others."""
    if not upload.startswith(PNG):
        return upload
    kept, at = [PNG], len(PNG)
    while at + 12 <= len(upload):
        end = at + 12 + int.from_bytes(upload[at : at + 4])
        chunk = upload[at:end]
        is_needed = not chunk[4] & 0x20
        is_whole = zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:])
        if is_needed or (chunk[4:8] in LOOKS and is_whole):
            kept.append(chunk)
        at = end
    return b"".join(kept)


def _eight_bits_deep(image: Any) -> Any:
    """Deep greyscale in eight bits: Pillow would cut off all that is brighter than 255 of 65,535. Raises BadImage for other depths."""
    from PIL import ImageMath

    if image.mode in {"F", "I"}:
        raise BadImage("Greyscale of 32 bits is not read. Save the image with 8 or 16 bits.")
    if not image.mode.startswith("I;16"):
        return image
    deep, transparent = image.convert("I"), image.info.get("transparency")
    grey = deep.point(lambda value: value * (1 / 257)).convert("L")
    if transparent is None:
        return grey
    opaque = ImageMath.lambda_eval(lambda args: args["convert"]((args["deep"] != transparent) * 255, "L"), deep=deep)
    grey.putalpha(opaque)
    return grey


def _in_srgb(image: Any, profile: bytes | None) -> Any:
    """The colours as the profile means them; without one they are sRGB."""
    from PIL import ImageCms

    if not profile or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, own, srgb, outputMode="RGBA" if image.mode == "RGBA" else "RGB")


def _require_size(width: int, height: int, least: int) -> None:
    for name, pixels in (("width", width), ("height", height)):
        if pixels < least:
            raise BadImage(f"The image {name} is too small ({pixels}px). Minimum {name} expected is {least}px.")
        if pixels > SIDE_PIXELS_MAX:
            raise BadImage(f"The image {name} is too big ({pixels}px). Allowed maximum {name} is {SIDE_PIXELS_MAX}px.")
    if width * height > PIXELS_MAX:
        raise BadImage(f"The image has too many pixels ({width * height}). Allowed maximum is {PIXELS_MAX}.")


if __name__ == "__main__":
    _main()
