"""Every trap of durable_rules that touches us, each shown to be shut."""

import json
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import made_rules
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rules import LOGIC, fact, ids, made_engine, made_rule, response

from cds import engine as engine_module
from cds.errors import KnowledgeError, RuleFault
from cds.rulekit import FACTS, Fact

BETA = '(m.kind == "response") & (m.beta >= limit["beta"])'


def test_a_patient_without_facts_has_no_findings_and_never_reaches_durable(engine):
    assert engine.run(()) == ()


def test_a_fact_that_no_rule_asks_about_stops_nothing(engine):
    unasked = fact("exposure", meaning="acts-while-given", days=0.0)
    assert ids(engine.run((unasked, response(), unasked))) == ["R4"]
    assert engine.run((unasked,)) == ()


def test_facts_of_equal_content_are_each_found(engine):
    assert ids(engine.run((response(), response(), response()))) == ["R4", "R4", "R4"]


def test_a_finding_names_the_records_of_its_own_fact(engine):
    first = Fact("on-record", {"group": "crps"}, {"what": "CRPS", "day": "2026-01-02"}, ("Condition/1",))
    second = Fact("on-record", {"group": "crps"}, {"what": "CRPS", "day": "2026-03-04"}, ("Condition/2",))
    assert [finding.references for finding in engine.run((first, second))] == [("Condition/1",), ("Condition/2",)]


def test_two_patients_over_eight_threads_never_mix(engine):
    high, low = (response(beta=1.5), fact("data", sufficient=True)), (fact("data", sufficient=False),)

    def evaluate(number):
        return number % 2, ids(engine.run(high if number % 2 else low))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(evaluate, range(800)))
    assert all(found == (["R4"] if odd else ["R1"]) for odd, found in answers)


@given(
    st.permutations(
        [response(), fact("rise", points=3.0), fact("ordering", result="holds"), fact("data", sufficient=False)]
    )
)
def test_the_order_of_facts_does_not_change_the_findings(engine, facts):
    assert ids(engine.run(facts)) == ["R1", "R4", "R5-points", "R7"]


@pytest.mark.parametrize("beta", [1e-7, 5e-05, -1e-7, 0.1 + 0.2, 123456.789, 0, 7])
def test_no_number_cuts_the_batch(engine, beta):
    assert "R1" in ids(engine.run((response(beta=beta), fact("data", sufficient=False))))


@pytest.mark.parametrize(
    "beta",
    [float("nan"), float("inf"), float("-inf"), 1e22, 2**64, None, Decimal("1.5"), "1.5", True],
    ids=str,
)
def test_a_value_that_durable_would_misread_is_refused(engine, beta):
    with pytest.raises(RuleFault, match="beta"):
        engine.run((Fact("response", {"beta": beta, "z": 2.0}),))


@pytest.mark.parametrize("fields", [{"beta": 1.0}, {"beta": 1.0, "z": 2.0, "y": 1.0}, {"beta": 1.0, "Z": 2.0}])
def test_a_fact_that_is_not_total_is_refused(engine, fields):
    with pytest.raises(RuleFault, match="response"):
        engine.run((Fact("response", fields),))


def test_an_unknown_kind_of_fact_is_refused(engine):
    with pytest.raises(RuleFault, match="respons"):
        engine.run((Fact("respons", {"beta": 1.0, "z": 2.0}),))


def test_a_number_just_below_a_limit_is_below_it_as_printed(engine, knowledge):
    limit = knowledge.rules.limit("R4", "beta")
    assert ids(engine.run((response(beta=limit - 0.000001),))) == []
    assert ids(engine.run((response(beta=limit - 0.0000001),))) == [
        "R4"
    ]  # the same at the six decimals that are printed
    assert ids(engine.run((response(beta=limit),))) == ["R4"]


# ------------------------------------------------------------------------------------------ at start


@pytest.mark.parametrize(
    ("conditions", "complaint"),
    [
        ('(m.kind == "response") & (m.betta >= limit["beta"])', "no field 'betta'"),
        ('(m.kind == "respons") & (m.beta >= limit["beta"])', "one kind of fact"),
        ('(m.beta >= limit["beta"])', "one kind of fact"),
        ('(m.kind == "response") & (m.beta == True) & (m.z >= limit["beta"])', "compared with a bool"),
        ('(m.kind == "ordering") & (m.result == "held")', "never 'held'"),
        ('(m.kind == "on-record") & (m.group == "psychoses")', "never 'psychoses'"),
        ('(m.kind == "response") & (m.beta >= limit["bta"])', "no limit 'bta'"),
        ('(m.kind == "response") & (m.beta == True)', "compared with a bool"),
    ],
)
def test_a_misspelt_field_kind_word_or_limit_stops_the_start(knowledge, tmp_path, conditions, complaint):
    with pytest.raises(KnowledgeError, match=complaint):
        made_engine(knowledge, tmp_path, made_rule(tmp_path, conditions, beta=1.0))


def test_a_limit_that_the_rule_does_not_use_stops_the_start(knowledge, tmp_path):
    with pytest.raises(KnowledgeError, match="limit z: is not used"):
        made_engine(knowledge, tmp_path, made_rule(tmp_path, BETA, beta=1.0, z=1.0))


def test_a_text_that_names_what_the_fact_does_not_tell_stops_the_start(knowledge, tmp_path):
    with pytest.raises(KnowledgeError, match="does not tell 'gamma'"):
        made_engine(knowledge, tmp_path, made_rule(tmp_path, BETA, beta=1.0, text="{gamma:.1f}"))


def test_a_rule_that_flags_another_id_stops_the_start(knowledge, tmp_path):
    with pytest.raises(KnowledgeError, match="must flag 'MADE'"):
        made_engine(knowledge, tmp_path, made_rule(tmp_path, BETA, beta=1.0, body='flag(match, "R4")'))


@pytest.mark.parametrize(
    "conditions",
    [
        '(m.kind == "response") and (m.beta >= limit["beta"])',
        '(m.kind == "response") or (m.beta >= limit["beta"])',
        '(m.kind == "response") | (m.beta >= limit["beta"])',
        '(m.kind == "response") & (limit["beta"] <= m.beta <= limit["beta"])',
        '(m.kind == "response") & (not m.beta)',
        '(m.kind == "data") & m.sufficient',
        '(m.kind == "response") & (m.beta >= 0.75)',
        '(m.kind == "response") & (m.beta >= m.z)',
        '(m.kind == "response") & (m.beta * 2 >= limit["beta"])',
        '(m.kind == "response") & (+m.beta)',
        'm.kind == "response", m.beta >= limit["beta"]',
    ],
)
def test_conditions_that_durable_would_lose_are_refused_when_the_file_is_read(tmp_path, conditions):
    with pytest.raises(KnowledgeError, match=r"made\.py line \d+"):
        made_rule(tmp_path, conditions, beta=1.0)


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        'flag(match, "MADE"); flag(match, "MADE")',
        "print(match)",
        'flag(match, id="MADE")',
        'if match: flag(match, "MADE")',
    ],
)
def test_a_body_that_does_more_than_flag_is_refused(tmp_path, body):
    with pytest.raises(KnowledgeError, match="single flag"):
        made_rule(tmp_path, BETA, beta=1.0, body=body)


def test_a_rule_that_imports_anything_else_is_refused(tmp_path):
    with pytest.raises(KnowledgeError, match="imports only"):
        made_rule(tmp_path, BETA, beta=1.0, logic="import os\n" + LOGIC)


# ------------------------------------------------------------------------------------------ while running


SPOILED = """
import made_rules

def body(match):
    made_rules.spoil()
    flag(match, "MADE")

"""


def engine_whose_body(then, knowledge, folder, monkeypatch):
    """Sound when it is read and probed at start, spoiled afterwards, as a fault of the real thing would be."""
    monkeypatch.setattr(made_rules, "spoil", lambda: None, raising=False)
    rule = made_rule(folder, BETA, beta=1.0)
    path = folder / "made.py"
    path.write_text(
        path.read_text().replace("    return rules", "    rules.rules[0].func = [body]\n    return rules") + SPOILED
    )
    engine = made_engine(knowledge, folder, rule)
    monkeypatch.setattr(made_rules, "spoil", then)
    return engine


def test_an_error_in_a_body_surfaces(knowledge, tmp_path, monkeypatch):
    def fail():
        raise ZeroDivisionError

    with pytest.raises(RuleFault, match="ZeroDivisionError"):
        engine_whose_body(fail, knowledge, tmp_path, monkeypatch).run((response(),))


def test_a_fault_in_one_evaluation_leaves_nothing_for_the_next(knowledge, tmp_path, monkeypatch):
    failing = iter([True])

    def fail_once():
        if next(failing, False):
            raise ZeroDivisionError

    engine = engine_whose_body(fail_once, knowledge, tmp_path, monkeypatch)
    with pytest.raises(RuleFault):
        engine.run((response(), response()))
    assert ids(engine.run((response(),))) == ["MADE"]


def test_a_clock_that_jumps_while_a_rule_runs_drops_no_finding(knowledge, tmp_path, monkeypatch):
    with time_machine.travel("2026-11-20T12:00Z", tick=False) as clock:
        engine = engine_whose_body(lambda: clock.shift(60), knowledge, tmp_path, monkeypatch)
        assert ids(engine.run((response(), response()))) == ["MADE", "MADE"]


def test_a_batch_that_was_not_read_to_its_end_is_a_fault_and_not_a_missing_finding(engine, monkeypatch):
    token = engine_module._token  # durable stops at an exponent, and reports success
    monkeypatch.setattr(engine_module, "_token", lambda *told: "1e+22" if told[1] == "beta" else token(*told))
    with pytest.raises(RuleFault, match="to their end"):
        engine.run((fact("data", sufficient=False), response()))


def test_a_clock_that_jumps_between_evaluations_is_harmless(engine):
    for day in ("2026-11-20", "2031-01-01", "1999-01-01"):
        with time_machine.travel(day):
            assert ids(engine.run((response(),))) == ["R4"]


def test_twenty_thousand_evaluations_leave_memory_flat(engine):
    facts = (
        response(),
        fact("rise", points=3.0),
        fact("data", sufficient=False),
        fact("not-assessable", topic="liver"),
    )
    for _ in range(2_000):
        engine.run(facts)
    before = resident()
    for _ in range(20_000):
        engine.run(facts)
    assert resident() - before < 4 << 20


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


FORK = """
import os, sys, threading
from cds import knowledge
from cds.engine import Engine
from cds.rulekit import Fact
engine = Engine(knowledge.load())
facts = (Fact("response", {"beta": 1.0, "z": 2.0}),)
assert [found.rule for found in engine.run(facts)] == ["R4"]
stop = threading.Event()
busy = [threading.Thread(target=lambda: [engine.run(facts) for _ in iter(stop.is_set, True)]) for _ in range(2)]
for thread in busy: thread.start()
children = []
for _ in range(6):
    pid = os.fork()
    if not pid:
        ok = all([found.rule for found in engine.run(facts)] == ["R4"] for _ in range(200))
        os._exit(0 if ok else 1)
    children.append(pid)
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
stop.set()
for thread in busy: thread.join()
sys.exit(codes != [0] * 6)
"""


def test_an_engine_built_before_a_fork_serves_in_the_children():
    """gunicorn --preload: also while another thread of the parent holds the engine at the moment of the fork."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_thread_is_started(engine):
    before = threading.active_count()
    engine.run((response(),))
    assert threading.active_count() == before


# ------------------------------------------------------------------------------------------ against plain Python

COMPARE = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def holds(rule, made):
    """The rule's conditions in plain Python, over the numbers as they are printed."""
    for one in rule.conditions:
        right = rule.limits[one.limit].value if one.limit else one.word
        left = made.kind if one.field == "kind" else made.fields.get(one.field)
        left = round(left, 6) if isinstance(left, float) else left
        if left is None or not COMPARE[one.operator](left, right):
            return False
    return True


def values(knowledge, name, field):
    if field.type is bool:
        return st.booleans()
    if field.type is str:
        words = field.words or sorted(
            {one.word for rule in knowledge.rules for one in rule.conditions if one.field == name}
        )
        return st.sampled_from([*words, "another word"])
    limits = [limit.value for rule in knowledge.rules for limit in rule.limits.values()]
    near = st.sampled_from(limits).flatmap(lambda value: st.sampled_from([value, value - 1e-6, value + 1e-6, -value]))
    return near | st.floats(-1e4, 1e4, allow_nan=False)


@settings(deadline=None)
@given(data=st.data())
def test_durable_finds_exactly_what_plain_python_finds(engine, knowledge, data):
    kinds = data.draw(st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=12))
    facts = [
        fact(kind, **{name: data.draw(values(knowledge, name, field)) for name, field in FACTS[kind].fields.items()})
        for kind in kinds
    ]
    random.Random(0).shuffle(facts)
    expected = sorted(
        (rule.id, number) for rule in knowledge.rules for number, one in enumerate(facts) if holds(rule, one)
    )
    found = engine.run(facts)
    assert sorted(ids(found)) == [rule for rule, _ in expected]
    assert sorted(json.dumps(dict(one.fact), sort_keys=True) for one in found) == sorted(
        json.dumps({"kind": facts[number].kind, **facts[number].fields}, sort_keys=True) for _, number in expected
    )
