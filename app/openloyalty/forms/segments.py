"""The forms of segments: parts, and their criteria."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, missing, post_load

from app.openloyalty import schemas
from app.openloyalty.forms.fields import (
    INVALID,
    LONG_TEXT_LENGTH_MAX,
    Checkbox,
    Choice,
    Collection,
    Day,
    Hundredths,
    Labels,
    Percent,
    Text,
    Uuid,
    Whole,
    items,
)
from app.openloyalty.forms.form import Form, as_object
from app.segments.criteria import DAYS_MAX, Criterion
from app.segments.criteria import TYPES as CRITERIA
from app.segments.segments import CUSTOMER_LIST, SegmentDetails

LISTED_CUSTOMERS_MAX = 50_000


class CriterionSent(schemas.CriterionTerms):
    """A criterion as it is sent: one may send back what was printed."""

    type = fields.String(required=True, metadata={"enum": list(CRITERIA)})
    criterionId = fields.UUID()


class PartSent(Schema):
    criteria = fields.List(fields.Nested(CriterionSent))
    segmentPartId = fields.UUID()


class Parts(fields.List[Any]):
    """`parts[i][criteria][j][type]` with what the type asks for; a list of lists of Criterion."""

    def __init__(self) -> None:
        super().__init__(fields.Nested(PartSent))

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        value = None if value is missing else value
        return [
            [_criterion(data) for data in items(as_object(part, PartSent).get("criteria"))] for part in items(value)
        ]


class SegmentForm(Form):
    """A segment: parts of criteria, of which static lists of customers are known. Source: contract section 3.4."""

    name = Text(required=True)
    description = Text(LONG_TEXT_LENGTH_MAX)
    active = Checkbox()
    parts = Parts()

    @post_load
    def definition(self, data: dict[str, Any], **kw: Any) -> SegmentDetails:
        return SegmentDetails(**data)


class SegmentChangeForm(SegmentForm):
    """The same, for a segment that is there."""

    printed = schemas.SegmentView


# How each term of a criterion is read; what is kept is JSON.
_TERMS: Mapping[str, fields.Field[Any]] = {
    **dict.fromkeys(("posIds", "levelIds"), Collection(Uuid(required=True))),
    "posId": Uuid(),
    "percent": Percent(),
    **dict.fromkeys(("min", "max"), Whole()),
    **dict.fromkeys(("fromAmount", "toAmount", "fromPoints", "toPoints"), Hundredths()),
    **dict.fromkeys(("fromDate", "toDate"), Day()),
    "days": Whole(1, DAYS_MAX),
    **dict.fromkeys(("skuIds", "makers", "tags"), Collection(Text(required=True))),
    "labels": Labels(),
    "anniversaryType": Choice(("birthday", "registration")),
    "name": Text(),
    "value": Text(),
}

# What 3.2's console calls a type.
ALSO_CALLED = {"customer_with_labels_values": "customer_has_labels_with_values"}


def _criterion(data: Any) -> Criterion:
    kind = data.get("type") if isinstance(data, Mapping) else None
    kind = ALSO_CALLED.get(kind, kind) if isinstance(kind, str) else kind
    if not isinstance(kind, str) or kind not in CRITERIA:
        raise ValidationError([f"A criterion has one of these types: {', '.join(CRITERIA)}."])
    as_object(data, CriterionSent)
    if kind == CUSTOMER_LIST:
        return Criterion(kind, {"customers": _listed(data.get("customers"))})
    wanted = CRITERIA[kind].terms
    beside = [
        name for name, value in data.items() if name in _TERMS and name not in wanted and value not in (None, "", [])
    ]
    if beside:
        raise ValidationError([f"A criterion {kind} has no {', '.join(beside)}."])
    terms = {}
    for name in wanted:
        try:
            terms[name] = _kept(_TERMS[name].deserialize(data.get(name)))
        except ValidationError as e:
            raise ValidationError([f"{name}: {e.messages[0] if isinstance(e.messages, list) else INVALID}"]) from e
    known = Uuid().deserialize(data.get("criterionId"))
    return Criterion(kind, {name: value for name, value in terms.items() if value is not None}, known)


def _kept(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, list):
        return [_kept(it) for it in value]
    if isinstance(value, tuple):
        return {"key": value[0], "value": value[1]}
    return str(value) if isinstance(value, UUID) else value


def _listed(sent: Any) -> list[str]:
    found = items(sent)
    names = [str(name).strip() for name in found if isinstance(name, str | int)]
    if len(names) < len(found) or not all(names) or len(names) > LISTED_CUSTOMERS_MAX:
        raise ValidationError([INVALID])
    return names
