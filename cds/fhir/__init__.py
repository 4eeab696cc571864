"""FHIR resources of R4, R5 and STU3 to the neutral values of cds.clinical; fhir.resources is used nowhere else."""

from cds.fhir.reader import read

__all__ = ["read"]
