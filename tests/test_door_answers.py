"""No answer leaves that breaks a rule of CDS Hooks: each rule is broken once here, and seen."""

import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.clinical import Action, Card, CardLink, Coding, Suggestion
from hooks.schemas import InvalidAnswer, card_json, checked_answer
from hooks.schemas.response import check_answer

UUID = "5c2b2b3e-3f63-5a8a-9c55-0c9f6ef1a001"
OTHER = "5c2b2b3e-3f63-5a8a-9c55-0c9f6ef1a002"
CARD = Card(
    uuid=UUID,
    kind="pattern",
    rule="OIH-1",
    summary="Pain rose with the dose.",
    indicator="info",
    detail="4 to 7, while the dose rose from 60 to 90 mg morphine equivalent.",
    source_label="oih-cds",
    source_url="https://cds.example.org/about",
    topic=Coding("urn:oih-cds:topic", "oih", "Opioid-induced hyperalgesia"),
    links=(
        CardLink("Liang 2017", "https://doi.org/10.1/x"),
        CardLink("Page", "https://cds.example.org/l", "smart", "x"),
    ),
    suggestions=(Suggestion(OTHER, "Review", (Action("create", "A task", {"resourceType": "Task"}),), True),),
    selection_behavior="at-most-one",
    override_reasons=(Coding("urn:x", "known", "Already known"),),
)
JSON = card_json(CARD)


def with_card(change):
    answer = {"cards": [copy.deepcopy(JSON)]}
    change(answer["cards"][0])
    return answer


def test_a_full_card_is_sent_as_the_specification_spells_it():
    assert checked_answer([CARD])["cards"] == [
        {
            "uuid": UUID,
            "summary": "Pain rose with the dose.",
            "indicator": "info",
            "detail": "4 to 7, while the dose rose from 60 to 90 mg morphine equivalent.",
            "source": {
                "label": "oih-cds",
                "url": "https://cds.example.org/about",
                "topic": {
                    "system": "urn:oih-cds:topic",
                    "code": "oih",
                    "display": "Opioid-induced hyperalgesia",
                },
            },
            "suggestions": [
                {
                    "label": "Review",
                    "uuid": OTHER,
                    "isRecommended": True,
                    "actions": [{"type": "create", "description": "A task", "resource": {"resourceType": "Task"}}],
                }
            ],
            "selectionBehavior": "at-most-one",
            "overrideReasons": [{"system": "urn:x", "code": "known", "display": "Already known"}],
            "links": [
                {"label": "Liang 2017", "url": "https://doi.org/10.1/x", "type": "absolute"},
                {"label": "Page", "url": "https://cds.example.org/l", "type": "smart", "appContext": "x"},
            ],
        }
    ]


def test_what_a_card_does_not_have_is_left_out():
    bare = replace(CARD, links=(), suggestions=(), selection_behavior=None, override_reasons=(), detail="")
    assert set(card_json(bare)) == {"uuid", "summary", "indicator", "source"}


def test_only_the_list_of_cards_may_be_empty():
    assert checked_answer([]) == {"cards": []}
    for value in (None, "", [], {}):
        with pytest.raises(InvalidAnswer):
            check_answer({"cards": [], "extension": value})


@pytest.mark.parametrize(("length", "leaves"), [(139, True), (140, False)])
def test_a_summary_has_fewer_than_140_characters(length, leaves):
    answer = with_card(lambda card: card.update(summary="é" * length))
    if leaves:
        check_answer(answer)
    else:
        with pytest.raises(InvalidAnswer, match=r"cards\.0\.summary"):
            check_answer(answer)


def second_suggestion(card):
    card["suggestions"].append({"label": "b", "uuid": "5c2b2b3e-3f63-5a8a-9c55-0c9f6ef1a003", "isRecommended": True})


def action(**changed):
    return lambda card: card["suggestions"][0]["actions"][0].update(changed)


BROKEN = {
    "no uuid": lambda card: card.pop("uuid"),
    "uuid is a word": lambda card: card.update(uuid="card-1"),
    "no summary": lambda card: card.pop("summary"),
    "summary of two lines": lambda card: card.update(summary="a\nb"),
    "blank summary": lambda card: card.update(summary="  "),
    "null detail": lambda card: card.update(detail=None),
    "raw HTML": lambda card: card.update(detail="seen <img src=x>"),
    "a raw closing tag": lambda card: card.update(detail="seen </div>"),
    "no indicator": lambda card: card.pop("indicator"),
    "indicator of before 1.0": lambda card: card.update(indicator="hard-stop"),
    "no source": lambda card: card.pop("source"),
    "no source.label": lambda card: card["source"].pop("label"),
    "empty source.label": lambda card: card["source"].update(label=""),
    "relative source.url": lambda card: card["source"].update(url="/about"),
    "source.icon is no URL": lambda card: card["source"].update(icon="icon.png"),
    "no source.topic": lambda card: card["source"].pop("topic"),
    "topic without system": lambda card: card["source"]["topic"].pop("system"),
    "empty suggestions": lambda card: card.update(suggestions=[]),
    "suggestions without selectionBehavior": lambda card: card.pop("selectionBehavior"),
    "selectionBehavior without suggestions": lambda card: card.pop("suggestions"),
    "selectionBehavior of FHIR": lambda card: card.update(selectionBehavior="all"),
    "suggestion without label": lambda card: card["suggestions"][0].pop("label"),
    "suggestion without uuid": lambda card: card["suggestions"][0].pop("uuid"),
    "isRecommended is a word": lambda card: card["suggestions"][0].update(isRecommended="yes"),
    "two recommended of at most one": second_suggestion,
    "empty actions": lambda card: card["suggestions"][0].update(actions=[]),
    "action of another type": action(type="replace"),
    "action without description": lambda card: card["suggestions"][0]["actions"][0].pop("description"),
    "creation of nothing": lambda card: card["suggestions"][0]["actions"][0].pop("resource"),
    "creation of no resource": action(resource={"id": "1"}),
    "deletion with a resource": action(type="delete", resourceId="Task/1"),
    "override reason without display": lambda card: card["overrideReasons"][0].pop("display"),
    "override reason without code": lambda card: card["overrideReasons"][0].pop("code"),
    "empty links": lambda card: card.update(links=[]),
    "link without label": lambda card: card["links"][0].pop("label"),
    "link without type": lambda card: card["links"][0].pop("type"),
    "link of another type": lambda card: card["links"][0].update(type="relative"),
    "relative link": lambda card: card["links"][0].update(url="reports/1"),
    "script link": lambda card: card["links"][0].update(url="javascript:alert(1)"),
    "appContext on an absolute link": lambda card: card["links"][0].update(appContext="x"),
    "autolaunchable link": lambda card: card["links"][1].update(autolaunchable=True),
    "unknown field": lambda card: card.update(severity="high"),
    "empty extension": lambda card: card.update(extension={}),
    "an empty value deep inside": action(resource={"resourceType": "Task", "note": [{"text": ""}]}),
    "a uuid twice": lambda card: card["suggestions"][0].update(uuid=UUID),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_breaks_a_rule_stays_here(name):
    check_answer(with_card(lambda card: None))
    with pytest.raises(InvalidAnswer):
        check_answer(with_card(BROKEN[name]))


def test_two_recommended_suggestions_may_stand_where_any_may_be_taken():
    def change(card):
        second_suggestion(card)
        card["selectionBehavior"] = "any"

    check_answer(with_card(change))


def test_a_deletion_names_its_resource():
    def change(card):
        card["suggestions"][0]["actions"] = [{"type": "delete", "description": "stop", "resourceId": "Task/1"}]

    check_answer(with_card(change))


def test_we_send_no_system_actions():
    with pytest.raises(InvalidAnswer, match="systemActions"):
        check_answer({"cards": [], "systemActions": [{"type": "create", "description": "x", "resource": {"a": 1}}]})


def test_a_refused_answer_is_described_by_paths_only():
    with pytest.raises(InvalidAnswer) as refused:
        checked_answer([replace(CARD, detail="Maria Silva <b>")])
    assert "cards.0.detail" in str(refused.value)
    assert "Maria" not in str(refused.value)


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_a_card_says_it_is_either_valid_or_held_back(summary, detail):
    try:
        answer = checked_answer([replace(CARD, summary=summary, detail=detail)])
    except InvalidAnswer:
        return
    check_answer(answer)
    assert all(each not in (None, "", [], {}) for each in answer["cards"][0].values())
