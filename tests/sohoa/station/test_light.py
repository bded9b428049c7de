"""What the clerk sees of a dossier."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sohoa.station.light import Facts, State, light, obstacles
from tests.sohoa.station.stations import CODE

OPEN = Facts(CODE, 2, None, False, False, False, False, ())
every_fact = st.builds(
    Facts,
    code=st.sampled_from([None, CODE]), scanned=st.integers(0, 5), declared=st.none() | st.integers(1, 5),
    twice=st.booleans(), refused=st.booleans(), closed=st.booleans(), received=st.booleans(),
    troubles=st.sampled_from([(), ("Máy quét kẹt giấy",)]), notices=st.sampled_from([(), ("Trang 3 bị mờ: quét lại",)]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "state", "why"),
    [
        (OPEN, State.SCANNING, ""),
        (OPEN._replace(declared=3), State.SCANNING, ""),
        (OPEN._replace(declared=3, refused=True), State.NEEDS_YOU, "Thiếu trang: đã quét 2 trang, khai 3 trang"),
        (OPEN._replace(declared=1), State.NEEDS_YOU, "Thừa trang: đã quét 2 trang, khai 1 trang"),
        (OPEN._replace(code=None), State.NEEDS_YOU, "Chưa biết trang thuộc hồ sơ nào: nhập mã hồ sơ"),
        (OPEN._replace(scanned=0), State.SCANNING, ""),
        (OPEN._replace(scanned=0, refused=True), State.NEEDS_YOU, "Chưa có trang nào"),
        (OPEN._replace(twice=True), State.NEEDS_YOU, "Có tệp quét trùng nhau: xóa bớt một tệp"),
        (OPEN._replace(troubles=("Đĩa đầy",)), State.NEEDS_YOU, "Đĩa đầy"),
        (OPEN._replace(notices=("Trang 3 bị mờ: quét lại",)), State.NEEDS_YOU, "Trang 3 bị mờ: quét lại"),
        (OPEN._replace(closed=True), State.SAFE_HERE, ""),
        (OPEN._replace(closed=True, notices=("Tệp 001.pdf, trang 3 bị mờ: quét lại",)), State.SAFE_HERE, ""),
        (OPEN._replace(closed=True, troubles=("Bị từ chối",)), State.NEEDS_YOU, "Bị từ chối"),
        (OPEN._replace(closed=True, received=True), State.SAFE_THERE, ""),
    ],
)
def test_the_light(facts, state, why):
    assert light(facts) == (state, why)


@given(every_fact)
def test_it_is_green_with_a_receipt_that_leaves_nothing_to_do_and_never_without(facts):
    assert (light(facts).state == State.SAFE_THERE) == (facts.received and not facts.troubles)


@given(every_fact)
def test_who_is_needed_is_told_why(facts):
    shown = light(facts)
    assert bool(shown.why) == (shown.state == State.NEEDS_YOU)


@given(every_fact)
def test_what_is_yellow_can_be_closed_or_goes_on(facts):
    if light(facts).state == State.SCANNING:
        assert all(each.may_pass for each in obstacles(facts))


def test_a_page_that_cannot_be_scanned_better_keeps_nobody_from_closing():
    assert obstacles(OPEN._replace(notices=("Trang 3 bị mờ: quét lại",))) == ()
