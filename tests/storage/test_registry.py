"""A registry in a file says who may be meant, and how many are called so."""

from contextlib import closing
from itertools import islice

import pytest

from pipeline.linkage.index import names_of
from samples.registry import AS_OF, INDEX, residents
from schemas.problem import REGISTRY_UNREACHABLE, ProblemError
from storage.registry import FileRegistry, make_registry


@pytest.fixture(scope="module")
def people():
    return list(residents(400))


@pytest.fixture(scope="module")
def registry(people, tmp_path_factory):
    path = tmp_path_factory.mktemp("registry") / "people?.sqlite3"  # a name that means something in an address
    make_registry(path, people, INDEX, "people of a test", AS_OF)
    with closing(FileRegistry(path, INDEX)) as found:
        yield found


def test_it_says_what_it_is(registry):
    assert registry.about == ("people of a test", AS_OF, 400)


def test_everybody_is_among_those_who_may_be_meant_by_what_it_says_of_them(registry, people):
    for each in people[::7]:
        answer = registry.ask(each.person, 100)
        assert each in answer.people
        assert answer.complete


def test_it_says_when_more_are_meant_than_were_wanted(registry, people):
    family = next(each for each in people if len(registry.ask(each.person, 100).people) > 2)
    answer = registry.ask(family.person, 1)
    assert (len(answer.people), answer.complete) == (1, False)


def test_it_counts_how_many_are_called_so(registry, people):
    name = people[0].person.name
    letters, short = names_of(name)
    called = registry.ask(people[0].person, 1).called
    assert called[letters] == sum(names_of(each.person.name)[0] == letters for each in people)
    assert called[short] == sum(names_of(each.person.name)[1] == short for each in people)


def test_everybody_can_be_read(registry, people):
    assert list(registry.everybody()) == people


@pytest.mark.parametrize("content", [None, b"", b"no database"])
def test_what_is_no_registry_is_said(content, tmp_path):
    path = tmp_path / "registry.sqlite3"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProblemError) as told:
        FileRegistry(path, INDEX)
    assert told.value.kind == REGISTRY_UNREACHABLE


def test_one_that_was_not_written_to_its_end_is_none(people, tmp_path):
    path = tmp_path / "registry.sqlite3"

    def cut_off():
        yield from islice(people, 10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_registry(path, cut_off(), INDEX, "half", AS_OF)
    with pytest.raises(ProblemError, match="no such table: about"):
        FileRegistry(path, INDEX)


def test_one_that_is_there_is_not_written_over(people, tmp_path):
    path = tmp_path / "registry.sqlite3"
    make_registry(path, people[:5], INDEX, "first", AS_OF)
    with pytest.raises(ProblemError, match="already"):
        make_registry(path, people[:7], INDEX, "second", AS_OF)
