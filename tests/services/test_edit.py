from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot import plans
from bot.domain.error import RefusedError, StaleError
from bot.domain.plan import Plan
from bot.services import edit, onboarding
from bot.services.edit import Edit
from storage.tables import AuditEntry
from tests.support.course import EVERYTHING, LENA, MARC, NOOR, USUAL, Course

NEW_STEP = "agreements"


def given(course: Course, **more: Any) -> Edit:
    """What the form says now, with changes."""
    found = edit.values_of(course.program)
    found["target_on"] = date.fromisoformat(found["target_on"])
    for name in edit.WORDS:
        found[name] = found[name] or ""
    return Edit(**{**found, **more})


def change(course: Course, **more: Any) -> Any:
    mark = more.pop("mark", "")
    who = more.pop("who", LENA)
    return course.do(edit.edit, who, course.program_id, given(course, **more), mark, course.now)


def newest(**first: Any) -> Plan:
    """A newer plan: one step less, one more, and the intake form said otherwise."""
    plan = plans.load("embedded_finance")
    steps = [one for one in plan.steps if one.id != "test_build"]
    steps = [replace(one, needs=tuple(need for need in one.needs if need != "test_build")) for one in steps]
    title = replace(plan.steps[0].title, en="A new step", fr="Une nouvelle étape")
    steps.append(replace(plan.steps[0], id="new_step", title=title, needs=("supported_use_case",)))
    steps = [replace(one, **first) if one.id == "intake_form" else one for one in steps]
    return replace(plan, version="2099-01-01", steps=tuple(steps))


def test_an_answer_that_changes_lets_steps_appear_and_vanish(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="agreements")
    course.finish("agreements")
    change(course, physical_cards="custom", wallets=True)
    assert course.step("physical_cards_design").state == "open"
    assert course.step("physical_cards_design").opened_at == course.now
    change(course, physical_cards="none")
    assert course.step("physical_cards_design").state == "dropped"
    assert course.step("apple_pay_application").state == "open"
    change(course, physical_cards="custom")
    assert course.step("physical_cards_design").state == "open"
    said = course.outbox("notice")[-1]
    assert said.view == "program.edited"


def test_finished_steps_stay_when_they_would_not_apply_any_more(course: Course) -> None:
    course.start(EVERYTHING)
    course.walk(until="live_access")
    assert course.step("physical_cards_design").state == "done"
    with course.seen() as (_, walk):
        without = given_answers(course, walk)
        found = edit.difference(walk, without)
    assert "physical_cards_design" in found.stay
    change(course, physical_cards="none")
    assert course.step("physical_cards_design").state == "done"


def given_answers(course: Course, walk: Any) -> Any:
    return replace(edit_answers(walk.program), physical_cards="none")


def edit_answers(program: Any) -> Any:
    from bot.services.walk import answers_of

    return answers_of(program)


def test_people_and_dates_change_with_the_same_form(course: Course) -> None:
    course.start(USUAL)
    change(course, lead=NOOR.user, deputies=[LENA.user], manager=MARC.user, target_on=date(2028, 2, 1))
    program = course.program
    assert (program.lead, program.deputies, program.manager) == (NOOR.user, [LENA.user], MARC.user)
    assert program.target_on == date(2028, 2, 1)
    entry = course.rows(AuditEntry)[-1]
    assert entry.tag == "program:edit:active"
    assert entry.after == {
        "lead": NOOR.user,
        "deputies": [LENA.user],
        "manager": MARC.user,
        "target_on": "2028-02-01",
    }


def test_who_was_slower_saves_nothing(course: Course) -> None:
    course.start(USUAL)
    mark = edit.seen(course.program)
    change(course, wallets=True)
    with pytest.raises(StaleError) as stale:
        change(course, physical_cards="standard", mark=mark)
    assert stale.value.key == "edit.changed"
    assert course.program.physical_cards == "none"


def test_only_the_people_of_a_programme_edit_it(course: Course) -> None:
    course.start(USUAL)
    with pytest.raises(RefusedError):
        change(course, wallets=True, who=NOOR)


def test_an_edit_that_says_the_same_is_refused(course: Course) -> None:
    course.start(USUAL)
    with pytest.raises(StaleError) as same:
        change(course)
    assert same.value.key == "edit.nothing"


def test_nothing_opens_by_an_edit_while_the_programme_is_paused(course: Course) -> None:
    course.start(USUAL, manager=MARC.user)
    course.walk(until="configuration")
    course.do(onboarding.pause, MARC, course.program_id, "holiday", course.now)
    change(course, wallets=True)
    assert course.step("apple_pay_application").state == "waiting"
    course.do(onboarding.resume, MARC, course.program_id, course.now)
    assert course.step("apple_pay_application").state == "open"


def test_a_newer_plan_shows_its_differences_and_is_adopted(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="intake_form")
    title = replace(plans.load("embedded_finance").by_id["intake_form"].title, en="Send Stripe's form")
    plan = newest(title=title)
    assert edit.newer(course.program, plan)
    with course.seen() as (_, walk):
        found = edit.difference(walk, edit_answers(walk.program), plan)
    assert (found.appear, found.vanish) == (("new_step",), ("test_build",))
    assert "intake_form" in found.differ
    course.do(edit.adopt, LENA, course.program_id, plan, "", course.now)
    assert not edit.newer(course.program, plan)
    assert course.states["new_step"] == "open"
    assert course.states["test_build"] == "dropped"
    with course.seen() as (_, walk):
        assert walk.title("intake_form") == "Send Stripe's form"
    with pytest.raises(StaleError) as again:
        course.do(edit.adopt, LENA, course.program_id, plan, "", course.now)
    assert again.value.key == "plan.newest"


def test_a_step_finished_under_an_older_plan_keeps_its_name(course: Course) -> None:
    course.start(USUAL)
    course.walk(until="agreements")
    assert course.step("test_build").state == "done"
    course.do(edit.adopt, LENA, course.program_id, newest(), "", course.now)
    with course.seen() as (_, walk):
        assert walk.rows["test_build"].state == "done"
        assert walk.title("test_build") == "Build in test mode"
