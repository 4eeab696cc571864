"""patient-view: somebody opens a chart."""

from hooks.schemas.request import ContextSchema
from hooks.services.base import Service

SERVICE = Service(
    id="oih-patient-view",
    hook="patient-view",
    title="Opioid-induced hyperalgesia: review of dose and pain",
    description=(
        "Looks for pain that rises after rises of the opioid dose, and shows the reports on ketamine with their level of"
        " evidence and their limits. Never a diagnosis, never an order."
    ),
    context=ContextSchema(),
)
