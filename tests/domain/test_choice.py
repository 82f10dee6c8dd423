"""Which choices of variant, region and products have a plan, and what is said about the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot import plans
from bot.domain.plan import PRODUCTS, REGIONS

VARIANTS = plans.variants()

CHOICES = [
    ("embedded_finance", "us", {"issuing", "treasury"}, []),
    ("embedded_finance", "us", {"issuing"}, []),
    ("embedded_finance", "uk", {"issuing"}, [("region", ("us",))]),
    ("embedded_finance", "eu", {"issuing", "treasury"}, [("region", ("us",)), ("products", ("issuing",))]),
    ("embedded_finance", "uk", {"treasury"}, [("region", ("us",)), ("products", ("issuing",))]),
    ("embedded_finance", "eu", set(), [("region", ("us",)), ("products", ("issuing", "treasury"))]),
    ("embedded_finance", "mars", {"issuing"}, [("region", ("us",))]),
    ("embedded_finance", "us", set(), [("products", ("issuing", "treasury"))]),
    ("b2b_payments", "us", {"issuing"}, []),
    ("b2b_payments", "uk", {"issuing"}, []),
    ("b2b_payments", "us", {"issuing", "treasury"}, [("products", ("issuing",))]),
    ("b2b_payments", "eu", {"treasury"}, [("products", ("issuing",))]),
    ("expense_management", "eu", {"issuing"}, []),
    ("expense_management", "mars", {"gold"}, [("region", ("us", "uk", "eu")), ("products", ("issuing",))]),
    ("banking", "us", {"issuing"}, [("variant", VARIANTS)]),
]


@pytest.mark.parametrize(("variant", "region", "products", "expected"), CHOICES)
def test_a_choice_without_a_plan_names_the_field_and_what_fits(
    variant: str, region: str, products: set[str], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    found = plans.problems_of_choice(variant, region, products)

    assert [(one.field, one.fits) for one in found] == expected
    assert all(one.text.startswith(f"start.{one.field}_") for one in found)


def every_choice() -> Iterator[tuple[str, str, frozenset[str]]]:
    none: frozenset[str] = frozenset()
    chosen = [none, *(frozenset({one}) for one in PRODUCTS), frozenset(PRODUCTS)]
    for variant in VARIANTS:
        for region in REGIONS:
            for products in chosen:
                yield variant, region, products


@pytest.mark.parametrize(("variant", "region", "products"), list(every_choice()))
def test_whoever_takes_what_fits_at_each_field_has_a_choice_with_a_plan(
    variant: str, region: str, products: frozenset[str]
) -> None:
    plan = plans.load(variant)
    valid = region in plan.regions and bool(products) and products <= set(plan.products)
    fits = {one.field: one.fits for one in plans.problems_of_choice(variant, region, products)}
    assert (fits == {}) == valid

    for new_region in fits.get("region", (region,)):
        repaired = [frozenset({one}) for one in fits["products"]] if "products" in fits else [products]
        for new_products in repaired:
            assert plans.problems_of_choice(variant, new_region, new_products) == ()


def test_the_forms_choices_that_have_a_plan_are_these() -> None:
    valid = {choice for choice in every_choice() if not plans.problems_of_choice(*choice)}
    issuing, treasury = frozenset({"issuing"}), frozenset({"treasury"})
    assert valid == {
        *(("embedded_finance", "us", products) for products in (issuing, treasury, issuing | treasury)),
        *((variant, region, issuing) for variant in VARIANTS[1:] for region in REGIONS),
    }
