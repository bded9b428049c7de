from hypothesis import given
from hypothesis import strategies as st

from storage.recent import Recent


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.binary(max_size=40))), st.integers(0, 100))
def test_it_never_holds_more_than_it_may_and_never_another_value(kept, most):
    recent, last = Recent(most), {}
    for key, value in kept:
        recent.keep(key, value)
        last[key] = value
        held = {each: recent.get(each) for each in "abcde"}
        assert sum(len(each) for each in held.values() if each is not None) <= most
        assert all(value is None or value == last[each] for each, value in held.items())
        assert (held[key] is not None) == (len(value) <= most)


def test_what_was_not_used_for_longest_goes_first():
    recent = Recent(2)
    recent.keep("a", b"1")
    recent.keep("b", b"2")
    assert recent.get("a") == b"1"
    recent.keep("c", b"3")
    assert [recent.get(key) for key in "abc"] == [b"1", None, b"3"]
