"""Files of customers, points and sales in XML: each row is what one call of the API takes, and stands or falls by itself."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError, fromstring

from flask import Response, jsonify, request
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest, HTTPException

from app.openloyalty.forms.form import Form, with_path
from app.refusal import Refusal
from app.web.door import Busy, with_retries

log = logging.getLogger("guerdon.imports")
BODY_BYTES_MAX = 8 * 1024 * 1024
DEPTH_MAX = 6
ROWS_MAX = 5_000  # a larger file is for the command line, or for several requests
FILE = "file[file]"  # the part of multipart/form-data
LISTS = {"items": "item", "labels": "label"}
REQUEST = {
    "content": {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {FILE: {"type": "string", "format": "binary"}}}
        }
    }
}

Record = Callable[[Any], str]  # what a row says, to the id of what was made of it


class RowKind(NamedTuple):
    """The rows of a file: their element, their form, how their names become the form's, and what is done with each."""

    name: str
    form: Form
    prepare: Callable[[dict[str, Any]], Mapping[str, Any]]
    record: Record


def run(kind: RowKind) -> Response:
    """Record each row of the file that was sent. The answer tells of each what was made of it, or what is wrong with it.

    Raises BadRequest for what is no such file: then nothing was recorded.
    """
    if request.headers.get("Idempotency-Key"):
        raise BadRequest(
            "An Idempotency-Key does not count here: each row is recorded by itself, and the answer tells what became of it."
        )
    rows = _rows(kind.name)
    told = [_recorded(kind, i, row) for i, row in enumerate(rows, 1)]
    failed = sum(it["status"] == "error" for it in told)
    return jsonify(items=told, totalProcessed=len(told), totalSuccess=len(told) - failed, totalFailed=failed)


def _recorded(kind: RowKind, number: int, row: Element) -> dict[str, Any]:
    try:
        said = _value(row)
        if not isinstance(said, dict):
            raise ValidationError(f"A {kind.name} consists of elements.")
        made = with_retries(lambda: kind.record(kind.form.load(kind.prepare(said))))
    except ValidationError as e:
        return {"row": number, "status": "error", "message": "; ".join(with_path(e.messages))}
    except (Refusal, Busy) as e:
        return {"row": number, "status": "error", "message": str(e)}
    except HTTPException as e:
        return {"row": number, "status": "error", "message": e.description or e.name}
    except Exception:  # one row's trouble is not the next one's, which would be recorded again
        log.exception("row %d of an import failed", number)
        return {"row": number, "status": "error", "message": "This row could not be recorded."}
    return {"row": number, "status": "success", "id": made}


def _rows(name: str) -> list[Element]:
    if FILE not in request.files:
        raise BadRequest(f"Send the file as the part {FILE} of multipart/form-data.")
    try:
        text = request.files[FILE].stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise BadRequest("The file is not text in UTF-8.") from e
    # Documents that define entities of their own can be made to fill the memory, or to read files: rows need none.
    if "<!DOCTYPE" in text or "\0" in text:
        raise BadRequest("The file must not have a document type.")
    try:
        root = fromstring(text)
    except ParseError as e:
        raise BadRequest(f"The file is no XML: {e}.") from e
    rows = list(root)
    other = sorted({it.tag for it in rows} - {name})
    if other or not rows:
        raise BadRequest(
            f"The file holds elements <{name}> inside one other{', not ' + ', '.join(other) if other else ''}."
        )
    if len(rows) > ROWS_MAX:
        raise BadRequest(f"The file has {len(rows):,} rows; send at most {ROWS_MAX:,} at once.")
    return rows


def _value(element: Element, depth: int = 0) -> Any:
    """Text, a list, or an object by the names of its elements. Raises ValidationError for what is said twice."""
    children = list(element)
    if depth > DEPTH_MAX:
        raise ValidationError(f"{element.tag}: nested too deeply.")
    if not children:
        return (element.text or "").strip()
    if element.tag in LISTS:
        if any(it.tag != LISTS[element.tag] for it in children):
            raise ValidationError(f"{element.tag}: a list of <{LISTS[element.tag]}>.")
        return [_value(it, depth + 1) for it in children]
    found: dict[str, Any] = {}
    for name, value in ((it.tag, _value(it, depth + 1)) for it in children):
        if name in found:
            raise ValidationError(f"{name}: said twice.")
        found[name] = value
    return found
