"""Receives Talad webhooks, without dependencies: WEBHOOK_SECRET=whsec_... PORT=8080 python3 webhook_receiver.py"""

import base64
import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = [base64.b64decode(secret.removeprefix("whsec_")) for secret in os.environ["WEBHOOK_SECRET"].split()]
TOLERANCE_S = 300
MAX_BODY_BYTES = 1024 * 1024

# IDs of processed events. Delivery is at least once, and the ID is the same on every attempt.
seen: dict[str, None] = {}
lock = threading.Lock()


def is_signed(headers, body: bytes) -> bool:
    """Verifies signature and age as Standard Webhooks 1.0.0 requires."""
    event_id, sent, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not event_id or not sent.isdecimal() or abs(time.time() - int(sent)) > TOLERANCE_S:
        return False
    signed = f"{event_id}.{sent}.".encode() + body
    expected = ["v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode() for key in KEYS]
    given = signatures.split(" ")
    return any(hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected)


def handle(event: dict) -> None:
    with lock:
        if event["id"] in seen:
            return
        seen[event["id"]] = None
        if len(seen) > 10_000:
            del seen[next(iter(seen))]
    log(event["type"], (event.get("data") or {}).get("id", ""))


def log(*words) -> None:
    """Prints a line. A failing log must not make the receiver reject events."""
    try:
        print(*words, flush=True)
    except OSError:
        # Otherwise Python would write the rest again at exit, and fail.
        sys.stdout = open(os.devnull, "w")


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(length)
        if not is_signed(self.headers, body):
            return self.answer(400)
        handle(json.loads(body))
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Receiver)
    log(f"listening on {server.server_port}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
