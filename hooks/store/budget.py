"""The alert budget (patient-view only): once a user has answered a card, the same finding rests for that user and patient.

A finding is shown until its user gives feedback. From then on it rests for the configured days unless the grade has
risen; an override that says the thought is already had (rules/catalogue.toml, `silencing`) rests it whatever the grade.
Within one encounter the card stays what it was, uuid included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from hooks.store.cards import insert_new
from hooks.store.connect import Store
from hooks.store.tables import issued_card, shown


@dataclass(frozen=True, slots=True)
class Showing:
    """What the budget says about one finding for one user and patient.

    show      False: it rests
    instance  the hookInstance under which it was first shown in this encounter; card uuids are made from it
    """

    show: bool
    instance: str


@dataclass(frozen=True, slots=True)
class Budget:
    """days  how long a finding rests after its feedback; grades  from the weakest to the strongest."""

    store: Store
    days: int
    grades: Sequence[str]

    def ask(self, subject: str, kind: str, grade: str, *, encounter: str, instance: str, now: int) -> Showing:
        """May this finding be shown, and under which instance? Raises StoreError.

        subject    keyed hash of issuer, user and patient
        encounter  keyed hash of the encounter, "" where the request names none
        """
        key = (shown.c.subject == subject) & (shown.c.kind == kind)
        with self.store.begin() as connection:
            fresh = {
                "subject": subject,
                "kind": kind,
                "grade": grade,
                "encounter": encounter,
                "instance": instance,
                "shown_at": now,
                "silent_until": 0,
                "silences_all": False,
            }
            # Inserted first: of two calls at the same moment, one waits here and then finds the other's row.
            if insert_new(connection, shown, [fresh]):
                return Showing(True, instance)
            row = connection.execute(select(shown).where(key).with_for_update()).mappings().one()
            same_visit = bool(encounter) and row["encounter"] == encounter
            risen = self._rank(grade) > self._rank(row["grade"])
            resting = now < row["silent_until"]
            if resting and not same_visit and (row["silences_all"] or not risen):
                return Showing(False, instance)
            if same_visit and not risen:
                return Showing(True, row["instance"])
            values = {"grade": grade, "encounter": encounter, "instance": instance, "shown_at": now}
            if risen:
                values |= {"silent_until": 0, "silences_all": False}
            connection.execute(update(shown).where(key).values(values))
            return Showing(True, instance)

    def answered(self, cards: Sequence[str], issuer: str, *, silencing: bool, now: int) -> None:
        """Feedback came on these cards: their findings rest from now on. Raises StoreError."""
        query = select(issued_card.c.subject, issued_card.c.kind).where(
            issued_card.c.uuid.in_(cards), issued_card.c.issuer == issuer, issued_card.c.subject != ""
        )
        with self.store.begin() as connection:
            for subject, kind in connection.execute(query).all():
                values: dict[str, object] = {"silent_until": now + self.days * 86400}
                if silencing:
                    values["silences_all"] = True
                connection.execute(
                    update(shown).where((shown.c.subject == subject) & (shown.c.kind == kind)).values(values)
                )

    def _rank(self, grade: str) -> int:
        return self.grades.index(grade) if grade in self.grades else -1
