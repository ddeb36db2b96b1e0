"""Migrations carry what was there, on both databases."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import joinedload

from app.access.models import ChainPermission, Login
from app.campaign import invariants
from app.campaign.audience import audiences
from app.campaign.awards.give import SYSTEM
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.coupons import Coupon
from app.campaign.models.photos import Photo
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.campaign.triggers.interactions import interact
from app.campaign.vouchers import bought
from app.db import installation
from app.db.engine import Database
from app.members.models import Customer, Level, Profile, Segment, SegmentMember
from app.organizations.models import AppHost, Business, PointOfSale
from app.organizations.scope import EVERY_CHAIN
from app.paging import Page
from app.sales.models import Sale
from tests.world import flat_spec

pytestmark = pytest.mark.slow

NOW = "2026-11-01 10:00:00.000000"
CAMPAIGN, CUSTOMER = uuid.UUID(int=7), uuid.UUID(int=8)
SOLD, USED = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
def of_version_1(database_url: str) -> Iterator[Database]:
    """A database as version 0001 left it: one campaign, one customer, two coupons bought, one of them used."""
    database = Database(database_url)
    installation.empty(database)
    with database.transaction() as session:
        config = installation._config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0001")
    with database.transaction() as session:
        is_postgresql = database.is_postgresql
        yes, no = ("true", "false") if is_postgresql else ("1", "0")

        def key(value: uuid.UUID) -> str:
            return f"'{value}'" if is_postgresql else f"'{value.hex}'"

        for statement in (
            f"INSERT INTO level (id, uuid, name, active, condition_value, created_at) VALUES (1, {key(uuid.uuid4())}, 'silver', {yes}, 0, '{NOW}')",
            f"INSERT INTO customer (id, uuid, status, level_id, created_at, updated_at) VALUES (41, {key(CUSTOMER)}, 'active', 1, '{NOW}', '{NOW}')",
            f"INSERT INTO profile (customer_id, first_name, last_name, email, agreement1, agreement2, agreement3) VALUES (41, 'Cleo', 'C', 'c@guerdon.example', {yes}, {no}, {no})",
            "INSERT INTO headcount VALUES (1, 0, 1)",
            f"INSERT INTO login (id, uuid, role, username, active, deleted, token_version) VALUES (5, {key(uuid.uuid4())}, 'admin', 'ada', {yes}, {no}, 0)",
            "INSERT INTO account VALUES (41, 8000, 3)",
            "INSERT INTO audience (id, key) VALUES (3, 'k')",
            "INSERT INTO audience_target (audience_id, position, kind, uuid) SELECT 3, 0, 'level', uuid FROM level",
            'INSERT INTO campaign (id, uuid, permalink, name, reward, lifecycle, cost, single_coupon, unlimited, "limit",'
            " limit_per_customer, active_from, active_to, visible_from, visible_to, audience_id, created_at) VALUES"
            f" (9, {key(CAMPAIGN)}, 'p', 'Coffee', 'gift_code', 'live', 1000, {no}, {no}, 3, 3, '0001-01-01 00:00:00.000000',"
            f" '9999-12-31 00:00:00.000000', '0001-01-01 00:00:00.000000', '9999-12-31 00:00:00.000000', 3, '{NOW}')",
            "INSERT INTO campaign_text (campaign_id, short_description) VALUES (9, 'Hot')",
            "INSERT INTO stock (campaign_id, sold, sellable, coupons_count, buyers_count, terms) VALUES (9, 2, 3, 4, 1, 1)",
            "INSERT INTO usage VALUES (41, 9, 2)",
            *(
                f"INSERT INTO coupon (id, campaign_id, code, position, purchase_id) VALUES ({i}, 9, 'C{i}', {i}, {value})"
                for i, value in enumerate((key(SOLD), key(USED), "NULL", "NULL"), 1)
            ),
            f"INSERT INTO purchase VALUES ({key(SOLD)}, 9, 41, 1, 1000, '{NOW}', NULL, 5)",
            f"INSERT INTO purchase VALUES ({key(USED)}, 9, 41, 2, 1000, '{NOW}', '2026-11-02 10:00:00.000000', NULL)",
            *(
                "INSERT INTO ledger_entry (id, uuid, customer_id, sequence, delta, balance_after, kind, issuer, purchase_id, created_at)"
                f" VALUES ({i}, {key(uuid.uuid4())}, 41, {i}, {delta}, {after}, '{kind}', 'system', {bought}, '{NOW}')"
                for i, delta, after, kind, bought in (
                    (1, 10_000, 10_000, "added", "NULL"),
                    (2, -1_000, 9_000, "bought", key(SOLD)),
                    (3, -1_000, 8_000, "bought", key(USED)),
                )
            ),
            f"INSERT INTO audit_entry (id, at, login_id, action, subject) VALUES (1, '{NOW}', 5, 'x', '{{}}')",
            "INSERT INTO stored_answer (principal, key_sha256, fingerprint, status, effect, created_at)"
            f" VALUES ('p', 'k', 'f', 200, {key(SOLD)}, '{NOW}')",
        ):
            session.connection().exec_driver_sql(statement)
    yield database
    database.engine.dispose()


def test_purchases_become_awards_and_vouchers_and_everything_goes_on(of_version_1: Database) -> None:
    database = of_version_1
    installation.migrate(database)
    installation.require_ready(database, production=True)
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
        found = bought.of_customer(session, 41, Page()).rows
        assert [(v.award_id, v.code, v.is_used) for v in sorted(found, key=lambda v: str(v.code))] == [
            (SOLD, "C1", False),
            (USED, "C2", True),
        ]
        assert len({voucher.key for voucher in found}) == 2
        assert all(len(voucher.key) == 64 for voucher in found)
        assert session.query(Customer).one().profile.referral_code
        assert session.query(Campaign).one().chain_id == 1
        permission = session.query(ChainPermission).one()
        assert (permission.login_id, permission.chain_id, permission.may_write) == (5, 1, True)
    with database.transaction() as session:
        now = datetime.now(UTC)
        assert interact(session, 1, 9, 41, now, SYSTEM).code == "C3"
        made = campaigns.create(session, flat_spec(name="New", coupon_kind="gift_code", codes=["N"]), now)
        assert made.id > 9
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
        assert session.query(Award).count() == session.query(Voucher).count() == 3
        assert session.scalar(text("SELECT MAX(id) FROM ledger_entry")) == 4


@pytest.fixture
def of_version_2(database_url: str) -> Iterator[Database]:
    """A database as version 0002 left it: two campaigns with the same restrictions, an app, a business."""
    database = Database(database_url)
    installation.empty(database)
    with database.transaction() as session:
        config = installation._config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0002")
    with database.transaction() as session:
        yes, no = ("true", "false") if database.is_postgresql else ("1", "0")

        def key(number: int) -> str:
            return f"'{uuid.UUID(int=number)}'" if database.is_postgresql else f"'{uuid.UUID(int=number).hex}'"

        always = "'0001-01-01 00:00:00.000000', '9999-12-31 00:00:00.000000'"
        for statement in (
            "INSERT INTO audience (id, key) VALUES (3, 'k')",
            f"INSERT INTO audience_target (audience_id, position, kind, uuid) VALUES (3, 0, 'everyone', {key(0)})",
            "INSERT INTO business (id, chain_id, name) VALUES (4, 1, 'North'), (5, 1, 'South')",
            "INSERT INTO app_host (id, hostname, chain_id) VALUES (6, 'app.guerdon.example', 1), (7, 'other.guerdon.example', 1)",
            f"INSERT INTO customer (id, uuid, chain_id, status, created_at, updated_at) VALUES (41, {key(41)}, 1, 'active', '{NOW}', '{NOW}')",
            f"INSERT INTO profile (customer_id, first_name, last_name, referral_code, agreement1, agreement2, agreement3) VALUES (41, 'Cleo', 'C', 'c', {yes}, {no}, {no})",
            "INSERT INTO account VALUES (41, 0, 0)",
            "INSERT INTO headcount VALUES (1, 0, 0, 1)",
            *(
                "INSERT INTO campaign (id, uuid, permalink, chain_id, name, kind, context, reward, handling, restrictions, lifecycle,"
                ' cost, single_coupon, unlimited, "limit", limit_per_customer, limit_in_period, weekdays, opens_second,'
                " closes_second, customer_may_claim, claimed_by_default, active_from, active_to, visible_from, visible_to,"
                f" audience_id, created_at) VALUES ({id}, {key(id)}, 'p{id}', 1, 'C{id}', 'interaction', 'interaction', NULL,"
                f" 'independent', {restrictions}, 'live', 0, {no}, {yes}, 1000000000, 1000000000, 1000000000, 127, 0, 86400, {yes},"
                f" {no}, {always}, {always}, 3, '{NOW}')"
                for id, restrictions in (
                    (9, '\'{"user.age": {"$gte": 18}}\''),
                    (10, '\'{"user.age": {"$gte": 18}}\''),
                    (11, "NULL"),
                )
            ),
            *(f"INSERT INTO campaign_text (campaign_id) VALUES ({id})" for id in (9, 10, 11)),
            *(
                "INSERT INTO stock (campaign_id, sold, sellable, coupons_count, buyers_count, terms, period_from, in_period)"
                f" VALUES ({id}, 0, 1000000000, 0, 0, 1, '0001-01-01 00:00:00.000000', 0)"
                for id in (9, 10, 11)
            ),
            *(
                "INSERT INTO reward_method (id, campaign_id, position, kind, title, recipient, weight, amount, stock,"
                f" limit_in_period, limit_per_customer) VALUES ({id}, {id}, 0, 'points', 'P', 'customer', 1, 100, 1000000000,"
                " 1000000000, 1000000000)"
                for id in (9, 10, 11)
            ),
            *(
                "INSERT INTO method_tally (method_id, period_from, in_period, given, allowed)"
                f" VALUES ({id}, '0001-01-01 00:00:00.000000', 0, 0, 1000000000)"
                for id in (9, 10, 11)
            ),
        ):
            session.connection().exec_driver_sql(statement)
    yield database
    database.engine.dispose()


def test_restrictions_are_kept_once_and_apps_and_businesses_get_what_they_lack(of_version_2: Database) -> None:
    database = of_version_2
    installation.migrate(database)
    installation.require_ready(database, production=True)
    now = datetime.now(UTC)
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
        found = {it.id: it for it in session.scalars(select(Campaign).options(joinedload(Campaign.targeting)))}
        assert found[9].targeting is found[10].targeting
        assert found[9].restrictions == {"user.age": {"$gte": 18}}
        assert found[11].restrictions is None
        assert (found[9].opt_in_required, found[9].lifecycle) == (False, "live")
        keys = {app.api_key for app in session.query(AppHost)}
        assert len(keys) == 2
        assert {len(key) for key in keys} == {40}
        assert len({business.division_id for business in session.query(Business)}) == 2
        assert audiences.admitting(session, {"user.age": 18}) == [found[9].targeting_id]
        assert audiences.admitting(session, {"user.age": 17}) == []
    with database.transaction() as session:
        interact(session, 1, 11, 41, now, SYSTEM)
        made = campaigns.create(
            session,
            flat_spec(
                name="New",
                lifecycle="inreview",
                kind="composable",
                context="event",
                for_everyone=True,
                restrictions={"user.age": {"$gte": 18}},
            ),
            now,
        )
        assert made.targeting_id == found[9].targeting_id
        campaigns.move(session, made.uuid, "live", EVERY_CHAIN, now)
    with pytest.raises(Exception, match=r"known_lifecycle|CHECK"), database.transaction() as session:
        session.execute(text("UPDATE campaign SET lifecycle = 'asleep'"))
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []


@pytest.fixture
def of_version_4(of_version_1: Database) -> Database:
    """The same at version 0004, with a second chain: its customer stands on the level, its campaign is for level and segment."""
    database = of_version_1
    with database.transaction() as session:
        config = installation._config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0004")
    with database.transaction() as session:
        is_postgresql = database.is_postgresql
        yes, no = ("true", "false") if is_postgresql else ("1", "0")

        def key(number: int) -> str:
            return f"'{uuid.UUID(int=number)}'" if is_postgresql else f"'{uuid.UUID(int=number).hex}'"

        tree = f'{{"$not": {{"user.segments": {{"$in": ["{uuid.UUID(int=5)}", "other"]}}}}}}'
        copied = ", ".join(
            f'"{column["name"]}"'
            for column in inspect(session.connection()).get_columns("campaign")
            if column["name"] not in {"id", "uuid", "permalink", "chain_id", "audience_id"}
        )
        for statement in (
            f"INSERT INTO chain (id, name, currency, time_zone, third_party_voucher_ids, has_divisions, created_at)"
            f" VALUES (2, 'There', 'EUR', 'UTC', {no}, {no}, '{NOW}')",
            "INSERT INTO customer (id, uuid, chain_id, is_anonymous, status, level_id, manual_level_id, created_at, updated_at)"
            f" VALUES (42, {key(42)}, 2, {no}, 'active', 1, 1, '{NOW}', '{NOW}')",
            "INSERT INTO profile (customer_id, first_name, last_name, referral_code, agreement1, agreement2, agreement3)"
            f" VALUES (42, 'Far', 'F', 'f', {yes}, {no}, {no})",
            "INSERT INTO account VALUES (42, 0, 0)",
            f"INSERT INTO login (id, uuid, role, email, active, deleted, token_version) VALUES (6, {key(6)}, 'seller', 's@guerdon.example', {yes}, {no}, 0)",
            f"INSERT INTO pos (id, uuid, name, identifier) VALUES (1, {key(77)}, 'Shop', 'shop')",
            f"INSERT INTO segment (id, uuid, name, active, created_at) VALUES (5, {key(5)}, 'vips', {yes}, '{NOW}')",
            f"INSERT INTO segment_part (id, uuid, segment_id) VALUES (91, {key(51)}, 5)",
            "INSERT INTO segment_criterion (id, uuid, part_id, type, terms)"
            f' VALUES (92, {key(52)}, 91, \'customer_list\', \'{{"customers": ["{uuid.UUID(int=42)}", "C@guerdon.example", "nobody"]}}\')',
            "INSERT INTO segment_member VALUES (5, 41), (5, 42)",
            "INSERT INTO headcount VALUES (1, 1, 5, 1), (2, 1, 0, 1), (2, 1, 5, 1)",
            "INSERT INTO audience (id, key) VALUES (94, 'both')",
            "INSERT INTO audience_target (audience_id, position, kind, uuid) SELECT 94, 0, 'level', uuid FROM level",
            f"INSERT INTO audience_target (audience_id, position, kind, uuid) VALUES (94, 1, 'segment', {key(5)})",
            f"INSERT INTO campaign (id, uuid, permalink, chain_id, audience_id, {copied})"
            f" SELECT 10, {key(10)}, 'q', 2, 94, {copied} FROM campaign WHERE id = 9",
            f"INSERT INTO targeting (id, key, tree) VALUES (95, 'k', '{tree}')",
            "INSERT INTO targeting_key (field, value, targeting_id) VALUES ('user.segments', 'x', 95)",
            "UPDATE campaign SET targeting_id = 95 WHERE id IN (9, 10)",
            "INSERT INTO stock (campaign_id, given, allowed, coupons_count, customers_count, revision, period_from, in_period,"
            " participants_count, participants_max)"
            f" VALUES (10, 0, 0, 0, 0, 1, '{NOW}', 0, 0, 1000000000)",
        ):
            session.connection().exec_driver_sql(statement)
    return database


def test_a_chain_keeps_the_levels_and_segments_that_it_used(of_version_4: Database) -> None:
    database = of_version_4
    installation.migrate(database)
    with database.reading() as session:
        assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
        levels = {(it.chain_id, it.name): it for it in session.query(Level)}
        groups = {(it.chain_id, it.name): it for it in session.query(Segment)}
        assert (set(levels), set(groups)) == ({(1, "silver"), (2, "silver")}, {(1, "vips"), (2, "vips")})
        far, cleo = session.get_one(Customer, 42), session.get_one(Customer, 41)
        assert far.level == far.manual_level == levels[2, "silver"]
        assert cleo.level == levels[1, "silver"]
        members = set(session.execute(select(SegmentMember.segment_id, SegmentMember.customer_id)).all())
        assert members == {(groups[1, "vips"].id, 41), (groups[2, "vips"].id, 42)}
        terms = [[[c.terms for c in part.criteria] for part in groups[chain, "vips"].parts] for chain in (1, 2)]
        assert terms == [
            [[{"customers": ["C@guerdon.example", "nobody"]}]],
            [[{"customers": [str(uuid.UUID(int=42)), "nobody"]}]],
        ]
        query = select(Campaign).options(joinedload(Campaign.audience), joinedload(Campaign.targeting))
        query = query.order_by(Campaign.id)
        ours, theirs = session.scalars(query).all()
        assert [target.uuid for target in theirs.audience.targets] == [levels[2, "silver"].uuid, groups[2, "vips"].uuid]
        assert [target.uuid for target in ours.audience.targets] == [levels[1, "silver"].uuid]
        for campaign, chain in ((theirs, 2), (ours, 1)):
            wanted = {"$not": {"user.segments": {"$in": [str(groups[chain, "vips"].uuid), "other"]}}}
            assert campaign.restrictions == wanted
        places = [(theirs.audience, 2), (ours.audience, 1)]
        assert list(audiences.customers_counts(session, places).values()) == [1, 1]
        assert session.query(PointOfSale).one().chain_id == session.get_one(Login, 6).chain_id == 1
        assert session.get_one(Login, 5).chain_id is None


def test_identifiers_take_their_written_form_and_collisions_are_reported(
    of_version_1: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database = of_version_1
    yes, no = ("true", "false") if database.is_postgresql else ("1", "0")
    with database.transaction() as session:
        config = installation._config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0005")
    with database.transaction() as session:
        for i, (first, card, email) in enumerate(
            (("Łukasz", "77\u00a0", "l@guerdon.example\u200b"), ("Ola", "77", "o@x.example")), 50
        ):
            key = f"'{uuid.UUID(int=i)}'" if database.is_postgresql else f"'{uuid.UUID(int=i).hex}'"
            for statement in (
                "INSERT INTO customer (id, uuid, chain_id, is_anonymous, status, created_at, updated_at)"
                f" VALUES ({i}, {key}, 1, {no}, 'active', '{NOW}', '{NOW}')",
                "INSERT INTO profile (customer_id, first_name, last_name, loyalty_card_number, email, agreement1, agreement2, agreement3)"
                f" VALUES ({i}, '{first}', 'X', '{card}', '{email}', {yes}, {no}, {no})",
                f"INSERT INTO basket (chain_id, customer_id, reference, amount, bought_at, recorded_at) VALUES (1, {i}, 'B-{i} ', 1, '{NOW}', '{NOW}')",
                f"UPDATE coupon SET code = code || ' ' WHERE code = 'C{i - 49}'",
            ):
                session.connection().exec_driver_sql(statement)
    with caplog.at_level("WARNING"):
        installation.migrate(database)
    assert [record.getMessage() for record in caplog.records if record.name == "guerdon.migrations"] == [
        "profile customer_id 50: its loyalty_card_number is another row's in its written form; left as it is"
    ]
    with database.reading() as session:
        profiles = {it.customer_id: it for it in session.query(Profile)}
        assert [profiles[id].email for id in (50, 51)] == ["l@guerdon.example", "o@x.example"]
        assert [profiles[id].loyalty_card_number for id in (50, 51)] == ["77\u00a0", "77"]
        assert [profiles[id].first_name_folded for id in (41, 50, 51)] == ["cleo", "lukasz", "ola"]
        assert sorted(session.scalars(select(Sale.number))) == ["B-50", "B-51"]
        assert sorted(session.scalars(select(Coupon.code))) == ["C1", "C2", "C3", "C4"]


def test_photos_stay_and_further_ones_come(of_version_1: Database) -> None:
    database = of_version_1
    with database.transaction() as session:
        config = installation._config()
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "0009")
        key = f"'{uuid.UUID(int=70)}'" if database.is_postgresql else f"'{uuid.UUID(int=70).hex}'"
        session.connection().exec_driver_sql(
            "INSERT INTO photo (id, uuid, campaign_id, sha256, media_type, bytes_count, created_at)"
            f" VALUES (12, {key}, 9, 'abc', 'image/png', 7, '{NOW}')"
        )
    installation.migrate(database)
    with database.transaction() as session:
        session.add(
            Photo(campaign_id=9, sha256="def", media_type="image/png", bytes_count=8, created_at=datetime.now(UTC))
        )
        session.flush()
        kept, new = session.scalars(select(Photo).order_by(Photo.id))
        assert (kept.id, kept.uuid, kept.sha256) == (12, uuid.UUID(int=70), "abc")
        assert new.id > kept.id
