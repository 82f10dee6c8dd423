"""The measurement of lost cards, tiny: every card that it froze was declined at once."""

from __future__ import annotations

from bot.playground import bench_lost
from bot.playground.bench_lost import Size


def test_every_card_is_declined_as_soon_as_its_click_is_acknowledged() -> None:
    report = bench_lost.measure(Size(people=2, cards=4, programs_each=1))

    assert (report["cards"], report["wrong"]) == (4, [])
    assert report["click_p99_ms"] > 0
    assert len(bench_lost.table(report)) == 5
