"""Writes issued cards behind the answer: a clinician never waits for our book-keeping.

A lost row (a killed worker) makes a later feedback one on an "unknown card", nothing worse. Feedback itself is never
written this way.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable

from hooks.store.cards import IssuedCard, remember_cards
from hooks.store.connect import Store, StoreError

CAPACITY = 10_000
BATCH = 200
TOGETHER = 0.05  # seconds for which cards are gathered: a write for each would take turns with the next answer


class Outbox:
    """One background writer per process, started with the first card, so that a fork never inherits it."""

    def __init__(self, store: Store, failed: Callable[[int], None]) -> None:
        """failed  told how many cards could not be kept"""
        self._store = store
        self._failed = failed
        self._cards: queue.Queue[IssuedCard] = queue.Queue(CAPACITY)
        self._lock = threading.Lock()
        self._owner = 0

    def put(self, card: IssuedCard) -> None:
        """Take a card to be kept soon; when the queue is full it is counted as failed."""
        self._start()
        try:
            self._cards.put_nowait(card)
        except queue.Full:
            self._failed(1)

    def flush(self) -> None:
        """Return when everything taken so far was written or counted as failed."""
        if self._owner == os.getpid():
            self._cards.join()

    def _start(self) -> None:
        if self._owner == os.getpid():
            return
        with self._lock:
            if self._owner != os.getpid():
                threading.Thread(target=self._run, name="outbox", daemon=True).start()
                self._owner = os.getpid()

    def _run(self) -> None:
        while True:
            batch = [self._cards.get()]
            time.sleep(TOGETHER)
            while len(batch) < BATCH:
                try:
                    batch.append(self._cards.get_nowait())
                except queue.Empty:
                    break
            try:
                remember_cards(self._store, batch)
            except StoreError:
                self._failed(len(batch))
            finally:
                for _ in batch:
                    self._cards.task_done()
