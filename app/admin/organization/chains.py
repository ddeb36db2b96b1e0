"""Chains, their businesses and apps, who of the staff may act for them, and partners' access tokens."""

import dataclasses
from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, ValidationError, fields, missing, post_load, validates_schema

from app import clock
from app.access import permissions, tokens
from app.access.models import AccessToken
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import moment, without_none
from app.openloyalty.forms.fields import Checkbox, Choice, Collection, Moment, Text, Whole
from app.openloyalty.forms.form import Form, form, require_unchanged
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.organizations.models import (
    LEVELS_BY,
    MATCHES_BY,
    MAY_BE_GRANTED,
    POINTS_DAYS_MAX,
    POINTS_EXPIRIES,
    UNITS,
    AppHost,
    Business,
    Chain,
)
from app.web.door import allow, login_id, note_subject, reading, transaction
from app.web.door import chains as scope

blueprint = Blueprint("admin_chains", __name__)
ID = "int(max=9223372036854775807)"


class ChainView(Schema):
    chainId = fields.Integer(required=True)
    name = fields.String(required=True)
    currency = fields.String(required=True)
    timeZone = fields.String(required=True)
    referralWindowQuantity = fields.Integer()
    referralWindowUnit = fields.String()
    thirdPartyVoucherIds = fields.Boolean(required=True)
    hasDivisions = fields.Boolean(required=True)
    pointsExpiry = fields.String(required=True, metadata={"enum": list(POINTS_EXPIRIES)})
    pointsDaysActive = fields.Integer(metadata={"description": "Of `after_days`."})
    pointsDaysLocked = fields.Integer(required=True, metadata={"description": "How long new points cannot be spent."})
    levelsBy = fields.String(required=True, metadata={"enum": list(LEVELS_BY)})
    levelDays = fields.Integer(metadata={"description": "Of the last so many days; of all time without it."})
    earningStatuses = fields.List(fields.String(), required=True)
    spendingStatuses = fields.List(fields.String(), required=True)
    profileEdits = fields.Boolean(
        required=True, metadata={"description": "Whether customers may change their own details."}
    )
    matchesBy = fields.List(fields.String(), required=True)
    deliverySkus = fields.List(fields.String(), required=True)


class BusinessView(Schema):
    businessId = fields.Integer(required=True)
    chainId = fields.Integer(required=True)
    name = fields.String(required=True)
    divisionId = fields.String(required=True)


class AppView(Schema):
    hostname = fields.String(required=True)
    chainId = fields.Integer()
    apiKey = fields.String(required=True, metadata={"description": "Names it in SessionM's addresses; no secret."})


class TokenView(Schema):
    tokenId = fields.Integer(required=True)
    name = fields.String(required=True)
    hostname = fields.String(metadata={"description": "Of the app that it is bound to."})
    write = fields.Boolean(required=True)
    createdAt = fields.String(required=True)
    expiresAt = fields.String()
    revokedAt = fields.String()
    token = fields.String(metadata={"description": "Only in the answer to its making."})


class ChainForm(Form):
    """What is decided about a chain. Without a referral window, codes count at sign-up only."""

    printed = ChainView
    name = Text(required=True)
    currency = Text(load_default="EUR")
    timeZone = Text(load_default="UTC", attribute="time_zone")
    referralWindowQuantity = Whole(attribute="referral_window_quantity")
    referralWindowUnit = Choice(UNITS, attribute="referral_window_unit")
    thirdPartyVoucherIds = Checkbox(attribute="third_party_voucher_ids", load_default=False)
    hasDivisions = Checkbox(attribute="has_divisions", load_default=False)
    pointsExpiry = Choice(POINTS_EXPIRIES, attribute="points_expiry", load_default=missing)
    pointsDaysActive = Whole(1, POINTS_DAYS_MAX, attribute="points_days_active", load_default=missing)
    pointsDaysLocked = Whole(0, POINTS_DAYS_MAX, attribute="points_days_locked", load_default=missing)
    levelsBy = Choice(LEVELS_BY, attribute="levels_by", load_default=missing)
    levelDays = Whole(1, POINTS_DAYS_MAX, attribute="level_days", load_default=missing)
    earningStatuses = Collection(
        Choice(MAY_BE_GRANTED, required=True), attribute="earning_statuses", load_default=missing
    )
    spendingStatuses = Collection(
        Choice(MAY_BE_GRANTED, required=True), attribute="spending_statuses", load_default=missing
    )
    profileEdits = Checkbox(attribute="allows_profile_edits", load_default=missing)
    matchesBy = Collection(Choice(MATCHES_BY, required=True), attribute="matches_by", load_default=missing)
    deliverySkus = Collection(Text(required=True), attribute="delivery_skus", load_default=missing)

    @post_load
    def without_blanks(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        """What is not sent of how points and levels live stays as it is, for clients that do not know of it.

        Blank, it is as in the beginning.
        """
        blank = {it.name: it.default for it in dataclasses.fields(ChainDetails)}
        return {name: blank[name] if value is None else value for name, value in data.items()}


class BusinessForm(Form):
    name = Text(required=True)
    divisionId = Text(attribute="division_id")


class BusinessChangeForm(Form):
    """Another name; its division stays."""

    printed = BusinessView
    elsewhere = ("divisionId", "businessId", "chainId")
    name = Text(required=True)


class AppForm(Form):
    """Which chain an app belongs to."""

    printed = AppView
    chainId = Whole(required=True, attribute="chain_id")


class PermissionForm(Form):
    write = Checkbox(load_default=False)


class TokenForm(Form):
    """A token of an app acts for its chain; one for any app, for the chain of the app that each request names."""

    name = Text(required=True)
    hostname = Text()
    anyApp = Checkbox(load_default=False)
    write = Checkbox(load_default=False)
    expiresAt = Moment(attribute="expires_at")

    @validates_schema
    def require_app(self, data: dict[str, Any], **kw: Any) -> None:
        if bool(data.get("hostname")) == bool(data.get("anyApp")):
            raise ValidationError("Name the hostname of an app, or say anyApp.", "hostname")


@blueprint.route("/chain", methods=["GET"])
@blueprint.response(200, schemas.listed("chains", ChainView))
@allow("admin")
def list_chains() -> Response:
    """List the chains."""
    with reading() as session:
        return _listed("chains", [_chain(chain) for chain in chains.of_scope(session, scope())])


@blueprint.route("/chain", methods=["POST"])
@form("chain", ChainForm)
@blueprint.response(200, ChainView)
@allow("admin")
def create_chain(data: dict[str, Any]) -> Response:
    """Create a chain."""
    with transaction() as session:
        created = chains.create(session, ChainDetails(**data), clock.now())
        permissions.give(session, login_id(), created.id)
        note_subject(chain=created.id)
        return jsonify(_chain(created))


@blueprint.route(f"/chain/<{ID}:chain>", methods=["PUT"])
@form("chain", ChainForm)
@blueprint.response(200, ChainView)
@allow("admin")
def change_chain(data: dict[str, Any], chain: int) -> Response:
    """Change a chain as a whole; how points and levels live stays as it is unless it is sent."""
    with transaction() as session:
        known = chains.details(chains.get(session, chain, scope()))
        if data.get("points_expiry", "after_days") != "after_days":
            data["points_days_active"] = None  # whatever was printed of what was before
        terms = dataclasses.replace(known, **data)
        return jsonify(_chain(chains.change(session, chain, terms, scope())))


@blueprint.route(f"/chain/<{ID}:chain>/business", methods=["GET"])
@blueprint.response(200, schemas.listed("businesses", BusinessView))
@allow("admin")
def list_businesses(chain: int) -> Response:
    """List the businesses (branches) of a chain."""
    with reading() as session:
        return _listed(
            "businesses", [_business(one) for one in chains.businesses(session, chains.get(session, chain, scope()).id)]
        )


@blueprint.route(f"/chain/<{ID}:chain>/business", methods=["POST"])
@form("business", BusinessForm)
@blueprint.response(200, BusinessView)
@allow("admin")
def add_business(data: dict[str, Any], chain: int) -> Response:
    """Add a business to a chain."""
    with transaction() as session:
        added = chains.add_business(session, chains.get(session, chain, scope()).id, data["name"], data["division_id"])
        note_subject(business=added.id)
        return jsonify(_business(added))


@blueprint.route(f"/business/<{ID}:business>", methods=["PUT"])
@form("business", BusinessChangeForm)
@blueprint.response(200, BusinessView)
@allow("admin")
def rename_business(data: dict[str, Any], business: int) -> Response:
    """Give a business another name."""
    with transaction() as session:
        renamed = chains.rename_business(session, business, data["name"], scope())
        require_unchanged("business", _business(renamed))
        return jsonify(_business(renamed))


@blueprint.route(f"/chain/<{ID}:chain>/permission/<username>", methods=["PUT"])
@form("permission", PermissionForm)
@blueprint.response(200, schemas.Success)
@allow("admin")
def give_permission(data: dict[str, Any], chain: int, username: str) -> Response:
    """Let a member of the staff read, or read and write, for a chain."""
    with transaction() as session:
        permissions.permit(session, username, chain, bool(data["write"]), scope())
    return jsonify(success=True)


@blueprint.route(f"/chain/<{ID}:chain>/permission/<username>", methods=["DELETE"])
@blueprint.response(200, schemas.Success)
@allow("admin")
def take_permission(chain: int, username: str) -> Response:
    """Take a member of the staff's permission for a chain back."""
    with transaction() as session:
        permissions.permit(session, username, chain, None, scope())
    return jsonify(success=True)


@blueprint.route("/app", methods=["GET"])
@blueprint.response(200, schemas.listed("apps", AppView))
@allow("admin")
def list_apps() -> Response:
    """List the apps by their host names."""
    with reading() as session:
        return _listed("apps", [_app(app) for app in chains.apps(session, scope())])


@blueprint.route("/app/<hostname>", methods=["PUT"])
@form("app", AppForm)
@blueprint.response(200, AppView)
@allow("admin")
def set_app(data: dict[str, Any], hostname: str) -> Response:
    """Register an app's host name, or give it to another chain."""
    with transaction() as session:
        return jsonify(_app(tokens.give_app(session, hostname, data["chain_id"], clock.now(), scope())))


@blueprint.route("/app/<hostname>", methods=["DELETE"])
@blueprint.response(200, AppView)
@allow("admin")
def close_app(hostname: str) -> Response:
    """Take an app from its chain: it opens nothing any more. Its name stays known."""
    with transaction() as session:
        chains.app(session, hostname, scope())
        return jsonify(_app(tokens.give_app(session, hostname, None, clock.now(), scope())))


@blueprint.route("/accessToken", methods=["GET"])
@blueprint.response(200, schemas.listed("tokens", TokenView))
@allow("admin")
def list_tokens() -> Response:
    """List the access tokens of partners."""
    with reading() as session:
        return _listed("tokens", [_token(token, hostname) for token, hostname in tokens.tokens(session, scope())])


@blueprint.route("/accessToken", methods=["POST"])
@form("token", TokenForm)
@blueprint.response(200, TokenView)
@allow("admin")
def create_token(data: dict[str, Any]) -> Response:
    """Create an access token; only this answer shows the token itself."""
    with transaction() as session:
        app = chains.app(session, data["hostname"], scope()) if data["hostname"] else None
        made, token = tokens.create_token(
            session, data["name"], app, bool(data["write"]), clock.now(), data["expires_at"], chains=scope()
        )
        note_subject(token=made.id)
        return jsonify({**_token(made, app.hostname if app else None), "token": token})


@blueprint.route(f"/accessToken/<{ID}:token>", methods=["DELETE"])
@blueprint.response(200, schemas.Success)
@allow("admin")
def revoke_token(token: int) -> Response:
    """Revoke an access token; it opens nothing any more."""
    with transaction() as session:
        tokens.revoke_token(session, token, clock.now(), scope())
    return jsonify(success=True)


def _listed(key: str, rows: list[dict[str, Any]]) -> Response:
    return jsonify({key: rows, "total": len(rows)})


def _chain(it: Chain) -> dict[str, Any]:
    return without_none(
        {
            "chainId": it.id,
            "name": it.name,
            "currency": it.currency,
            "timeZone": it.time_zone,
            "referralWindowQuantity": it.referral_window_quantity,
            "referralWindowUnit": it.referral_window_unit,
            "thirdPartyVoucherIds": it.third_party_voucher_ids,
            "hasDivisions": it.has_divisions,
            "pointsExpiry": it.points_expiry,
            "pointsDaysActive": it.points_days_active,
            "pointsDaysLocked": it.points_days_locked,
            "levelsBy": it.levels_by,
            "levelDays": it.level_days,
            "earningStatuses": list(it.earning_statuses),
            "spendingStatuses": list(it.spending_statuses),
            "profileEdits": it.allows_profile_edits,
            "matchesBy": it.matches_by,
            "deliverySkus": it.delivery_skus,
        }
    )


def _business(it: Business) -> dict[str, Any]:
    return {"businessId": it.id, "chainId": it.chain_id, "name": it.name, "divisionId": it.division_id}


def _app(it: AppHost) -> dict[str, Any]:
    return without_none({"hostname": it.hostname, "chainId": it.chain_id, "apiKey": it.api_key})


def _token(it: AccessToken, hostname: str | None) -> dict[str, Any]:
    return without_none(
        {
            "tokenId": it.id,
            "name": it.name,
            "hostname": hostname,
            "write": it.may_write,
            "createdAt": moment(it.created_at),
            "expiresAt": moment(it.expires_at) if it.expires_at else None,
            "revokedAt": moment(it.revoked_at) if it.revoked_at else None,
        }
    )
