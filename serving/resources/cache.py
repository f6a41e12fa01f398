"""Answers that were made before, kept up to a number of bytes; what was not asked for longest goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """An answer: its bytes count against the limit."""

    @property
    def size(self) -> int: ...


Answer = TypeVar("Answer", bound=Sized)


class AnswerCache(Generic[Answer]):
    """Answers by what was asked and by the state of the tables they rest on, so none is ever out of date."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()
        self.bytes = self.hits = self.misses = 0

    def get(self, key: Hashable) -> Answer | None:
        """The answer to a request; None where there is none."""
        answer = self._answers.get(key)
        if answer is None:
            self.misses += 1
            return None
        self.hits += 1
        return answer

    def put(self, key: Hashable, answer: Answer) -> None:
        """Keep an answer; one that is larger than a tenth of the limit is not kept."""
        if answer.size > self._most // 10:
            return
        with self._lock:
            before = self._answers.pop(key, None)
            self._answers[key] = answer
            self.bytes += answer.size - (before.size if before else 0)
            while self.bytes > self._most:
                _, dropped = self._answers.popitem(last=False)
                self.bytes -= dropped.size
