"""The first calls of a fresh process, all at one moment."""

import subprocess
import sys

# Switches threads as often as Python can, in the moment in which msgspec builds what it knows of a shape.
FIRST_USE = """
import os, sys, threading
sys.setswitchinterval(1e-6)
from cds.clinical import FhirVersion
from cds.fhir.plain import ObservationParts, plain, shapes_of

RAW = {"resourceType": "Observation", "id": "x"}
crashed = 0
for _ in range(60):
    child = os.fork()
    if child == 0:
        together = threading.Barrier(8)
        def first():
            together.wait()
            for shape in (ObservationParts, *shapes_of(FhirVersion.R4).values()):
                plain(RAW, shape)
        threads = [threading.Thread(target=first) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        os._exit(0)
    crashed += os.waitpid(child, 0)[1] != 0
print(crashed)
"""


def test_the_first_evaluations_of_a_process_may_come_at_one_moment():
    done = subprocess.run([sys.executable, "-c", FIRST_USE], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr[-2000:]
