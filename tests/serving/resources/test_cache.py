"""Answers are kept up to a number of bytes."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from serving.resources.cache import AnswerCache


@dataclass(frozen=True)
class Answer:
    size: int


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 200))), st.integers(0, 1000))
def test_no_more_bytes_are_kept_than_allowed_and_what_is_kept_is_the_newest(
    answers: list[tuple[int, int]], most: int
) -> None:
    cache: AnswerCache[Answer] = AnswerCache(most)
    newest: dict[int, Answer] = {}
    for key, size in answers:
        cache.put(key, newest.setdefault(key, Answer(size)) if size > most // 10 else Answer(size))
        if size <= most // 10:
            newest[key] = Answer(size)
            assert cache.get(key) == Answer(size)
        assert cache.bytes <= most
    kept = [cache.get(key) for key in range(31)]
    assert cache.bytes == sum(answer.size for answer in kept if answer is not None)


def test_what_was_kept_longest_goes_first() -> None:
    cache: AnswerCache[Answer] = AnswerCache(100)
    for key in range(12):
        cache.put(key, Answer(10))
    assert [key for key in range(12) if cache.get(key)] == list(range(2, 12))
    assert (cache.hits, cache.misses) == (10, 2)
