"""order-select: an order is being chosen; its dose may still be missing. Only the selected drafts count."""

from hooks.schemas.request import OrderSelectContext
from hooks.services.base import Service

SERVICE = Service(
    id="oih-order-select",
    hook="order-select",
    title="Opioid-induced hyperalgesia: before an opioid is raised",
    description=(
        "When the selected order raises an opioid dose: has pain risen after earlier rises of this patient's dose?"
        " For other opioid orders it tells only of over-sedation and of data that could not be fetched, read, counted or believed."
    ),
    context=OrderSelectContext(),
    orders=True,
)
