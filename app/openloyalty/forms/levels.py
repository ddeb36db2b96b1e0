"""The forms of levels."""

from collections.abc import Mapping
from typing import Any

from marshmallow import post_load, pre_load

from app.members.levels import LevelDetails, SpecialReward
from app.openloyalty import schemas
from app.openloyalty.forms.fields import (
    FIRST_MOMENT,
    LAST_SECOND,
    LONG_TEXT_LENGTH_MAX,
    Checkbox,
    Hundredths,
    Moment,
    Text,
    Uuid,
)
from app.openloyalty.forms.form import Form, Forms, Group

REWARDS_MAX = 100  # special ones of a level


class RewardForm(Form):
    name = Text(required=True)
    value = Hundredths(required=True)
    code = Text(required=True)


class SpecialRewardForm(RewardForm):
    """A reward of a level for a time; one that is there may be sent back as it was printed."""

    printed = schemas.SpecialRewardView
    active = Checkbox()
    startAt = Moment(FIRST_MOMENT, required=True, attribute="starts_at")
    endAt = Moment(LAST_SECOND, required=True, attribute="ends_at")
    id = Uuid()

    @post_load
    def terms(self, data: dict[str, Any], **kw: Any) -> SpecialReward:
        return SpecialReward(hundredths_of_percent=data.pop("value"), **data)


class LevelForm(Form):
    """A level. Source: contract section 3.3."""

    translated = ("name", "description")
    name = Text(required=True)
    description = Text(LONG_TEXT_LENGTH_MAX)
    active = Checkbox()
    conditionValue = Hundredths(required=True, attribute="condition_value")
    minOrder = Hundredths(attribute="min_order")
    reward = Group(RewardForm, load_default=dict)
    specialRewards = Forms(SpecialRewardForm, REWARDS_MAX, attribute="special_rewards", load_default=None)

    @pre_load
    def read_no_reward(self, data: Mapping[str, Any], **kw: Any) -> Mapping[str, Any]:
        """A level without a reward is printed with one of nothing."""
        reward = data.get("reward")
        is_none = isinstance(reward, Mapping) and {*reward} == {"value"} and str(reward["value"]) in {"0", "0.0"}
        return {name: value for name, value in data.items() if name != "reward"} if is_none else data

    @post_load
    def terms(self, data: dict[str, Any], **kw: Any) -> LevelDetails:
        reward = data.pop("reward") or {}
        return LevelDetails(
            **data,
            reward_name=reward.get("name"),
            reward_hundredths_of_percent=reward.get("value"),
            reward_code=reward.get("code"),
        )


class LevelChangeForm(LevelForm):
    """The same, for a level that is there."""

    chooses_texts = True
    printed = schemas.LevelView
    elsewhere = ("id", "hasPhoto")
