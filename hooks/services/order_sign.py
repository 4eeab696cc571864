"""order-sign: orders are about to be signed, or signed again; every draft counts."""

from hooks.schemas.request import OrderSignContext
from hooks.services.base import Service

SERVICE = Service(
    id="oih-order-sign",
    hook="order-sign",
    title="Opioid-induced hyperalgesia: before an opioid is signed",
    description=(
        "When an order to be signed raises an opioid dose: has pain risen after earlier rises of this patient's dose?"
        " For other opioid orders it tells only of over-sedation and of data that could not be fetched, read, counted or believed."
    ),
    context=OrderSignContext(),
    orders=True,
)
