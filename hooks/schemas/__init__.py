"""What may come in and what may leave: marshmallow schemas of CDS Hooks 2.0, with the parts of 3.0 that a 2.0 client bears."""

from hooks.refusals import InvalidAnswer
from hooks.schemas.feedback import FeedbackItem, read_feedback
from hooks.schemas.request import Authorization, HookRequest, read_request
from hooks.schemas.response import card_json, checked_answer

__all__ = [
    "Authorization",
    "FeedbackItem",
    "HookRequest",
    "InvalidAnswer",
    "card_json",
    "checked_answer",
    "read_feedback",
    "read_request",
]
