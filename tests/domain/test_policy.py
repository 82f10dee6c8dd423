"""What a policy's text may say, and what each mistake is answered."""

from __future__ import annotations

import pytest

from bot import plans
from bot.domain.policy import RULES, PolicyError, parse


def test_the_shipped_policy_parses() -> None:
    assert parse(plans.policy()).settings["network_risk"] == {"highest": 90}


def test_an_empty_text_is_a_policy_without_limits() -> None:
    assert parse("").settings == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[limit_day", "This is no TOML"),
        ("[limit_dya]\ncard={usd=1}", "did you mean limit_day?"),
        ("limit_day = 3", "must be a table"),
        ("[limit_day]\ncards={usd=1}", "no field cards (did you mean card?)"),
        ("[card_unknown]\nmost=1", "no field most: this rule has none"),
        ("[limit_day]\ncard=500", "must be a table of currencies"),
        ("[limit_day]\ncard={}", "must be a table of currencies"),
        ("[limit_day]\ncard={USD=1}", "'USD' is no currency"),
        ("[limit_day]\ncard={usd=5.5}", "whole number of minor units"),
        ("[limit_day]\ncard={usd=-1}", "whole number of minor units"),
        ("[limit_day]\ncard={usd=true}", "whole number of minor units"),
        ('[wallet]\nallowed=["aple_pay"]', "did you mean apple_pay?"),
        ('[wallet]\nallowed="apple_pay"', "must be a list of texts"),
        ('[wallet]\nallowed=["none"]\nblocked=["none"]', "none is both allowed and blocked"),
        ('[merchant_country]\nblocked=["fr"]', "two capital letters"),
        ('[merchant_category]\nblocked=["Book stores"]', "slug"),
        ('[verification]\ncvc=["wrong"]', "match, mismatch, not_provided"),
        ("[network_risk]\nhighest=100", "from 1 to 99"),
        ('[hours]\nfrom="25:00"\nto="06:00"', "time of day"),
        ('[hours]\nfrom="08:00"', "needs both from and to"),
        ('[hours]\nzone="Paris"', "time zone"),
        ('[hours]\ndays=["monday"]', "did you mean mon?"),
        ("[launch_gate]\ncards=[]", "needs its programme"),
        ('[launch_gate]\nprogram="seven"', "P-7"),
        ('[launch_gate]\nprogram="P-7"\ncards=["4242"]', "ic_"),
        ("[partial]\nleast=5", "must be a table of currencies"),
    ],
)
def test_a_text_with_a_mistake_is_refused_and_the_mistake_named(text: str, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    assert says in str(caught.value)


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        parse("[limit_day]\ncard=1\n[wrong]\n[network_risk]\nhighest=0")
    assert len(caught.value.lines) == 3


def test_every_rule_and_field_is_described_in_sentences() -> None:
    texts = [one.help for one in RULES.values()] + [
        field.help for one in RULES.values() for field in one.fields.values()
    ]
    assert [text for text in texts if not text.endswith(".")] == []
