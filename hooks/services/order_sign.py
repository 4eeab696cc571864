"""order-sign: orders are about to be signed, or signed again; every draft counts."""

from hooks.schemas.request import OrderSignContext
from hooks.services.base import Service

SERVICE = Service(
    id="oih-order-sign",
    hook="order-sign",
    title="Opioid-induced hyperalgesia: before an opioid is signed",
    description=(
        "When an order to be signed raises an opioid dose: has pain risen after earlier rises of this patient's dose?"
        " Other orders are answered without a card."
    ),
    context=OrderSignContext(),
    orders=True,
)
