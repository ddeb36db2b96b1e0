"""One parser of bracket names and JSON: bounded, and never guessing."""

from typing import Any

import pytest
from werkzeug.exceptions import BadRequest

from app.web.body import FIELDS_MAX, nested
from tests.client import Client
from tests.world import World, offered


def test_brackets_nest() -> None:
    pairs = [("a[b][0]", "x"), ("a[b][7]", "y"), ("a[c][d]", "z"), ("e[]", "1"), ("e[]", "2"), ("f", "")]
    assert nested(pairs) == {"a": {"b": {"0": "x", "7": "y"}, "c": {"d": "z"}}, "e": {"0": "1", "1": "2"}, "f": ""}


@pytest.mark.parametrize(
    "pairs",
    [
        [("a[", "1")],
        [("a]", "1")],
        [("a[b", "1")],
        [("a[b]c", "1")],
        [("a[[b]]", "1")],
        [("[a]", "1")],
        [("", "1")],
        [("a" + "[b]" * 8, "1")],
        [("a[10000]", "1")],
        [("a[" + "9" * 40 + "]", "1")],
        [("a" * 201, "1")],
        [("a", "1"), ("a", "2")],
        [("a", "1"), ("a[b]", "2")],
        [("a[b]", "1"), ("a", "2")],
        [("a[b]", "1"), ("a[b]", "1")],
        [("a", "x\0y")],
        [("a\0", "1")],
        [("a", "\ud800")],
    ],
)
def test_what_is_malformed_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(BadRequest):
        nested(pairs)


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"data": b"campaign[name=x", "content_type": "application/x-www-form-urlencoded"}, 400),
        ({"data": b"campaign[name]=%ff", "content_type": "application/x-www-form-urlencoded"}, 400),
        ({"data": b"campaign[name]=a%00b", "content_type": "application/x-www-form-urlencoded"}, 400),
        ({"data": b"&".join([b"a[]=1"] * (FIELDS_MAX + 1)), "content_type": "application/x-www-form-urlencoded"}, 400),
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"[]", "content_type": "application/json"}, 400),
        ({"data": b"null", "content_type": "application/json"}, 400),
        ({"data": b'{"a": NaN}', "content_type": "application/json"}, 400),
        ({"data": b'{"a": 1, "a": 2}', "content_type": "application/json"}, 400),
        ({"data": b'{"campaign": {"name": "\\u0000"}}', "content_type": "application/json"}, 400),
        ({"data": b'{"campaign": {"name": "\\ud800"}}', "content_type": "application/json"}, 400),
        ({"data": b'{"a":' * 5000 + b"1" + b"}" * 5000, "content_type": "application/json"}, 400),
        ({"data": b'{"a": ' + b"9" * 5000 + b"}", "content_type": "application/json"}, 400),
        (
            {"data": b'{"campaign": {"coupons": {"' + b"1" * 5000 + b'": "A"}}}', "content_type": "application/json"},
            400,
        ),
        ({"data": b"\xff\xfe", "content_type": "application/json"}, 400),
        ({"data": b"<campaign/>", "content_type": "text/xml"}, 415),
        ({"data": b"campaign", "content_type": ""}, 415),
        ({"data": b"x" * 300_000, "content_type": "application/json"}, 413),
    ],
)
def test_an_unreadable_body_is_told_so_and_changes_nothing(ada: Client, how: Any, status: int) -> None:
    answer: Any = ada.post("/api/campaign", **how)
    assert answer.status_code == status
    assert answer.json["error"]["code"] == status
    assert ada.get("/api/campaign").json["total"] == 0  # type: ignore[index]


def test_a_body_without_a_length_is_refused(ada: Client) -> None:
    """Chunked forms over the limit would be cut off in silence, so none is read."""
    answer: Any = ada.post(
        "/api/campaign",
        data=b"campaign[name]=x",
        headers={"Transfer-Encoding": "chunked"},
        content_type="application/x-www-form-urlencoded",
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (411, 411)
    assert "Content-Length" in answer.json["error"]["message"]


def test_a_query_is_parsed_as_strictly(ada: Client) -> None:
    assert ada.get("/api/campaign?labels[0=x").status_code == 400
    assert ada.get("/api/campaign?name=%00").status_code == 400


def test_a_delete_with_a_text_body_is_tolerated(ada: Client, world: World) -> None:
    campaign = ada.post("/api/campaign", json=offered(world)).json["campaignId"]  # type: ignore[index]
    answer = ada.delete(f"/api/campaign/{campaign}/photo", data='{"id":"x"}', content_type="text/plain")
    assert (answer.status_code, answer.json) == (200, [])
