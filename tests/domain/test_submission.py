from __future__ import annotations

import pytest

from bot import plans
from bot.domain import live_use
from bot.domain.plan import Answers, steps_for
from bot.domain.plan_check import possible_answers
from bot.domain.submission import (
    MOST_ATTACHMENTS,
    STATES,
    Entry,
    Item,
    Look,
    Piece,
    Round,
    attachments,
    held,
    items,
    lacking,
    left_out,
    links,
    look,
    looks,
)

SIGNUP = Item("evidence_disclosures", "sign_up", "disclosures", "signup", required=True)
COMPLAINTS = Item("evidence_complaints_disputes", "complaints", "complaints", "account", required=True)
FEES = Item("review_fees", "fee_list", "fees")
KEY = SIGNUP.key


def file(number: int, item: Item = SIGNUP, **changes: object) -> Piece:
    return Piece(number, item.key, f"{number}.pdf", f"{number:064x}", **changes)  # type: ignore[arg-type]


def sent(*numbers: int, state: str = "sent", round_: int = 1, **changes: str) -> Round:
    entries = tuple(Entry(KEY, f"{number:064x}", **changes) for number in numbers)
    return Round(round_, state, entries)


def asked(words: str, *numbers: int, round_: int = 1) -> Round:
    return sent(*numbers, state="revision", round_=round_, result="to_change", words=words)


ON_ITS_WAY = Piece(9, KEY, "9.pdf", arriving=True)

# what was added, what happened before → the state, the files of the next round, the version, the change
STANDS = [
    pytest.param([], [], "missing", [], 1, "", id="nothing yet"),
    pytest.param([file(1)], [], "ready", [1], 1, "new", id="a file"),
    pytest.param([file(1), file(2)], [], "ready", [1, 2], 1, "new", id="two files, in the order they came"),
    pytest.param([ON_ITS_WAY], [], "arriving", [], 1, "", id="on its way"),
    pytest.param([file(1), ON_ITS_WAY], [], "arriving", [1], 1, "", id="one is there, one is on its way"),
    pytest.param([file(1)], [sent(1)], "sent", [], 2, "unchanged", id="sent"),
    pytest.param([file(1), file(2)], [sent(1)], "ready", [2], 2, "changed", id="another file after it was sent"),
    pytest.param([file(1)], [sent(1, state="approved")], "approved", [], 2, "unchanged", id="approved"),
    pytest.param([file(1)], [sent(1, state="revision")], "sent", [], 2, "unchanged", id="not among what must change"),
    pytest.param([file(1)], [asked("x", 1)], "to_change", [], 2, "unchanged", id="asked to change"),
    pytest.param([file(1), file(2)], [asked("x", 1)], "ready", [2], 2, "changed", id="changed as asked"),
    pytest.param([file(1), file(1)], [asked("x", 1)], "to_change", [], 2, "unchanged", id="the same file added again"),
    pytest.param([file(1), file(1)], [], "ready", [1], 1, "new", id="the same file added twice counts once"),
    pytest.param([], [asked("x")], "missing", [], 1, "", id="nothing was asked by a round without entries"),
    pytest.param([], [Round(1, "revision", (Entry(KEY, "", "to_change", "show it"),))], "to_change", [], 1, "", id="Stripe asks for what was never sent"),
    pytest.param([file(2)], [Round(1, "revision", (Entry(KEY, "", "to_change", "show it"),))], "ready", [2], 1, "new", id="and it is there now"),
    pytest.param([file(1), file(2)], [asked("x", 1), sent(2, round_=2)], "sent", [], 3, "unchanged", id="sent again"),
    pytest.param([file(1), file(2)], [asked("x", 1), sent(2, round_=2, state="revision", result="to_change")], "to_change", [], 3, "unchanged", id="asked a second time"),
    pytest.param([file(1), file(2), file(3)], [asked("x", 1), asked("y", 2, round_=2)], "ready", [3], 3, "changed", id="a third version"),
    pytest.param([file(1)], [asked("x", 1), Round(2, "sent")], "to_change", [], 2, "unchanged", id="a round without it answers nothing"),
    pytest.param([file(1)], [asked("x", 1), Round(2, "approved")], "approved", [], 2, "unchanged", id="what is approved is approved with all before it"),
    pytest.param([], [Round(1, "revision", (Entry(KEY, "", "to_change", "show it"),)), Round(2, "approved")], "missing", [], 1, "", id="approved without it"),
    pytest.param([file(7, FEES)], [], "missing", [], 1, "", id="a file of another item"),
]  # fmt: skip


@pytest.mark.parametrize(("pieces", "rounds", "state", "files", "version", "change"), STANDS)
def test_how_an_item_stands(
    pieces: list[Piece], rounds: list[Round], state: str, files: list[int], version: int, change: str
) -> None:
    found = look(SIGNUP, pieces, rounds)

    assert (found.state, [piece.id for piece in found.fresh]) == (state, files)
    assert (found.version, found.change) == (version, change)
    assert found.state in STATES


def test_what_must_change_is_said_until_the_next_round_is_answered() -> None:
    first = asked("The bank's name is missing", 1)

    assert look(SIGNUP, [file(1)], [first]).words == "The bank's name is missing"
    assert look(SIGNUP, [file(1), file(2)], [first]).words == "The bank's name is missing"
    assert look(SIGNUP, [file(1), file(2)], [first, sent(2, round_=2)]).words == ""


def test_the_comparison_names_what_was_sent_last() -> None:
    found = look(SIGNUP, [file(1), file(2), file(3)], [asked("x", 1, 2), sent(3, round_=2)])

    assert found.before == (f"{3:064x}",)


def ready(item: Item, count: int, version: int = 1, **changes: object) -> Look:
    pieces = tuple(file(number, item, **changes) for number in range(count))
    return Look(item, "ready", pieces, version=version)


ABC = [
    Item("step", name, "fees", flow) for name, flow in (("a", "marketing"), ("b", "signup"), ("c", "account"))
]

# how many files the items have → the packets as files of a, b, c
PACKETS = [
    ((), []),
    ((1,), ["a"]),
    ((2, 2, 1), ["aabbc"]),
    ((2, 2, 2), ["aabb", "cc"]),
    ((3, 3, 2), ["aaa", "bbbcc"]),
    ((5, 1), ["aaaaa", "b"]),
    ((4, 2, 3), ["aaaa", "bbccc"]),
    ((7, 1), ["aaaaa", "aab"]),
    ((1, 7, 1), ["a", "bbbbb", "bbc"]),
    ((0, 2, 0), ["bb"]),
    ((11,), ["aaaaa", "aaaaa", "a"]),
]


@pytest.mark.parametrize(("counts", "expected"), PACKETS)
def test_a_packet_takes_five_and_keeps_the_files_of_an_item_together(
    counts: tuple[int, ...], expected: list[str]
) -> None:
    made = attachments([ready(item, count) for item, count in zip(ABC, counts, strict=False)])
    packets: dict[int, str] = {}
    for one in made:
        packets[one.packet] = packets.get(one.packet, "") + one.look.item.id

    assert list(packets) == list(range(1, len(expected) + 1))
    assert list(packets.values()) == expected
    assert max(map(len, expected), default=0) <= MOST_ATTACHMENTS


NAMES = [
    (ready(COMPLAINTS, 1, 3), ["2-complaints-account-v3.pdf"]),
    (ready(SIGNUP, 2), ["1-disclosures-signup-v1.pdf", "1-disclosures-signup-v1-2.pdf"]),
    (ready(FEES, 1, mimetype="image/png"), ["6-fees-v1.png"]),
    (ready(FEES, 1, mimetype="image/jpeg"), ["6-fees-v1.jpg"]),
    (ready(Item("s", "m", "marketing", "marketing"), 1), ["8-marketing-v1.pdf"]),
    (ready(Item("s", "statement", "statements", "account"), 1, 12), ["5-statements-account-v12.pdf"]),
]


@pytest.mark.parametrize(("found", "names"), NAMES, ids=[names[0] for _, names in NAMES])
def test_a_file_is_named_by_number_proof_flow_and_version(found: Look, names: list[str]) -> None:
    assert [one.name for one in attachments([found])] == names


def test_two_items_of_one_kind_do_not_share_a_name() -> None:
    twins = [ready(Item("one", "a", "emails"), 1), ready(Item("two", "b", "emails"), 2)]
    names = [one.name for one in attachments(twins)]

    assert len(set(names)) == 3


def test_a_link_is_no_attachment() -> None:
    found = [Look(FEES, "ready", (file(1, FEES, kind="link"), file(2, FEES)))]

    assert [one.piece.id for one in attachments(found)] == [2]
    assert [piece.id for _, piece in links(found)] == [1]


def test_only_what_changed_goes_into_the_next_round() -> None:
    found = looks(
        [SIGNUP, COMPLAINTS, FEES],
        [file(1), file(2), file(3, COMPLAINTS), file(4, FEES)],
        [Round(1, "revision", (Entry(KEY, f"{1:064x}", "to_change"), Entry(COMPLAINTS.key, f"{3:064x}")))],
    )

    assert [one.item for one in held(found)] == [SIGNUP, FEES]
    assert [one.change for one in found] == ["changed", "unchanged", "new"]


LEFT = [
    ("nothing is there", [], [], [KEY, COMPLAINTS.key], [KEY, COMPLAINTS.key, FEES.key]),
    ("one required item is there", [file(1)], [], [COMPLAINTS.key], [COMPLAINTS.key, FEES.key]),
    ("only the fees are missing", [file(1), file(2, COMPLAINTS)], [], [], [FEES.key]),
    ("a required file is on its way", [ON_ITS_WAY, file(2, COMPLAINTS)], [], [KEY], [KEY, FEES.key]),
    ("in the second round nobody asks again", [file(1), file(2, COMPLAINTS)],
     [Round(1, "revision", (Entry(KEY, f"{1:064x}"), Entry(COMPLAINTS.key, f"{2:064x}")))], [], []),
    ("but for what Stripe asked to change", [file(1), file(2, COMPLAINTS)],
     [Round(1, "revision", (Entry(KEY, f"{1:064x}", "to_change"), Entry(COMPLAINTS.key, f"{2:064x}")))], [], [KEY]),
]  # fmt: skip


@pytest.mark.parametrize(("about", "pieces", "rounds", "must", "may"), LEFT, ids=[row[0] for row in LEFT])
def test_what_is_missing_is_said_before_anything_is_sent(
    about: str, pieces: list[Piece], rounds: list[Round], must: list[str], may: list[str]
) -> None:
    found = looks([SIGNUP, COMPLAINTS, FEES], pieces, rounds)

    assert [one.item.key for one in lacking(found)] == must, about
    assert [one.item.key for one in left_out(found)] == may, about


@pytest.mark.parametrize("variant", plans.variants())
def test_every_programme_can_name_its_files(variant: str) -> None:
    loaded = plans.load(variant)
    for answers in possible_answers(loaded):
        found = items(steps_for(loaded, answers))
        names = [one.name for one in attachments([ready(item, 1) for item in found])]
        assert len(set(names)) == len(names), names
        assert [item.number for item in found] == sorted(item.number for item in found)


def test_items_come_by_the_number_of_stripes_guide() -> None:
    answers = Answers("us", frozenset({"issuing", "treasury"}), "embedded_finance", statements=True)
    found = items(steps_for(plans.load("embedded_finance"), answers))

    assert [item.number for item in found] == [1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9]
    assert found[0].key == "evidence_disclosures/sign_up"


LIVE = [
    ([], [], ()),
    (["issuing_virtual"], ["issuing_virtual"], ()),
    (["issuing_virtual"], [], ("issuing_virtual",)),
    (["b", "a", "a"], ["c"], ("a", "b")),
    ([], ["issuing_virtual"], ()),
]


@pytest.mark.parametrize(("observed", "approved", "expected"), LIVE)
def test_what_is_live_and_not_approved(
    observed: list[str], approved: list[str], expected: tuple[str, ...]
) -> None:
    assert live_use.outside(observed, approved) == expected
