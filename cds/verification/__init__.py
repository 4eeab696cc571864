"""Patients with known truth, and the measurement of the detector on them.

Software verification, not clinical validation: what the detector does to patients who were drawn from our own
assumptions says whether the program does what it is meant to do, and nothing about real patients.
"""
