"""The no-op: reads the body and answers one static card. What Flask and gunicorn cost by themselves."""

from __future__ import annotations

from flask import Flask, Response, request

CARD = (
    b'{"cards":[{"uuid":"6a0d9d9c-0a0f-4a2b-8f0e-3f4f0b9f2a11","summary":"static","indicator":"info",'
    b'"source":{"label":"bench","topic":{"system":"urn:bench","code":"static"}}}]}'
)

app = Flask(__name__)


@app.post("/cds-services/oih-patient-view")
def answer() -> Response:
    request.get_data()
    return Response(CARD, mimetype="application/json")
