"""Whether a short word is made of the letters other words begin with."""

from collections.abc import Sequence
from functools import lru_cache


def acronym(words: Sequence[str], others: Sequence[str]) -> float:
    """The best of `words` as an acronym of `others`: 1 for plain initials, less for more freedom, 0 for none."""
    return max((_acronym_value(word, tuple(others)) for word in words if word not in others), default=0.0)


@lru_cache(maxsize=1 << 17)
def _acronym_value(word: str, others: tuple[str, ...]) -> float:
    if word in "".join(other[:1] for other in others):
        return 1.0  # PSG: Paris Saint Germain
    if _of_beginnings(word, others):
        return 0.7  # WAC: Wolfsberger AC
    return 0.4 if len(word) > 2 and _through(word, others) else 0.0


def _of_beginnings(word: str, others: Sequence[str]) -> bool:
    """Whether the word is at least two beginnings of others put together, in order; others may be left out."""
    ends = {(0, 0)}  # letters done, words used
    for other in others:
        ends |= {
            (done + length, used + 1)
            for done, used in ends
            for length in range(1, len(other) + 1)
            if word.startswith(other[:length], done)
        }
    return any(done == len(word) and used >= 2 for done, used in ends)


def _through(word: str, others: Sequence[str]) -> bool:
    """Whether the word's letters follow one another through the others, each of which one begins (AGF)."""
    done = 0
    for position, other in enumerate(others):
        if done == len(word):
            return position >= 2
        if word[done] != other[:1]:
            return False
        done, within = done + 1, 1
        following = others[position + 1][:1] if position + 1 < len(others) else ""
        while done < len(word) and word[done] != following:
            within = other.find(word[done], within) + 1
            if not within:
                return False
            done += 1
    return done == len(word) and len(others) >= 2
