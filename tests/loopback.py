"""A real HTTP server on a free port of this machine, whose answers a test writes itself."""

import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Call:
    """One request as the server saw it, and the means to answer it, well or badly."""

    def __init__(self, handler):
        self._handler = handler
        self.method = handler.command
        self.path = handler.path
        self.headers = handler.headers
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))

    def json(self, value, status=200, kind="application/fhir+json", **headers):
        self.raw(json.dumps(value).encode(), status, kind, **headers)

    def raw(self, body, status=200, kind="application/fhir+json", length=None, **headers):
        self._handler.send_response(status)
        self._handler.send_header("Content-Type", kind)
        self._handler.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.end_headers()
        self._handler.wfile.write(body)
        if length is not None:
            self._handler.close_connection = True

    def drip(self, pieces, pause, stop):
        """Send raw bytes piece by piece until the client hangs up or the test ends."""
        try:
            for piece in pieces:
                self._handler.wfile.write(piece)
                self._handler.wfile.flush()
                if stop.wait(pause):
                    break
        except OSError:
            pass
        self._handler.close_connection = True


class Loopback:
    def __init__(self, base, calls, stopping):
        self.base = base
        self.calls = calls
        self.stopping = stopping


@contextmanager
def loopback(answer, tls=None):
    """Serve `answer(call)`; yields the server with the list of all calls and an event that is set at its end.

    tls  the server's SSLContext, where it speaks HTTPS
    """
    calls, stopping = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self):
            if stopping.is_set():  # a connection that the client kept alive
                self.close_connection = True
                return
            call = Call(self)
            calls.append(call)
            try:
                answer(call)
            except OSError:
                self.close_connection = True

        do_GET = do_POST = _serve

        def log_message(self, *_arguments):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request, client_address):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Loopback(f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}", calls, stopping)
    finally:
        stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port():
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
