#!/usr/bin/env python3
"""A client for operators who publish mailboxes, with nothing but the standard library (Python 3.10 or newer).

    export ESANTE_API_KEY=…
    python3 examples/operator_client.py --url https://annuaire.example.org create '{"address": …}'
    python3 examples/operator_client.py --url … --key … sync state.csv --full
    python3 examples/operator_client.py --url … --certificate op.pem --certificate-key op.key --ca ca.pem whoami

What lost its answer on the way is sent again under the same Idempotency-Key, so that nothing is done twice. The guide is
docs/operators.md. Exit code: 0 done; 1 a line was rejected, or the request refused; 2 wrong arguments.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

#: Worth sending again: too many requests, not ready or busy, no answer in time.
TEMPORARY = {429, 503, 504}
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Refused(Exception):
    """A problem document (RFC 9457): `code` is for programs (MSS-050 …), `detail` says in French what to mend."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.code: str = problem.get("code", "")
        self.detail: str = problem.get("detail", "")
        self.field: str | None = problem.get("field") or problem.get("parameter")
        super().__init__(f"{status} {self.code}: {self.detail}" + (f" ({self.field})" if self.field else ""))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key is for the host it was given for."""

    def redirect_request(self, *_: Any) -> None:
        return None


class OperatorClient:
    """One operator at one directory. Give a key, or a certificate with its private key."""

    def __init__(self, url: str, key: str | None = None, certificate: str | None = None, certificate_key: str | None = None,
                 ca: str | None = None, attempts: int = 6, pause: float = 0.5) -> None:
        if urllib.parse.urlsplit(url).scheme != "https" and urllib.parse.urlsplit(url).hostname not in LOOPBACK:
            raise ValueError("a key must not travel in clear: use https")
        self.url = url.rstrip("/")
        self.key = key
        self.attempts = attempts
        self.pause = pause
        context = ssl.create_default_context(cafile=ca)
        if certificate:
            context.load_cert_chain(certificate, certificate_key)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), NoRedirect())

    # One mailbox

    def create(self, mailbox: Json, dry_run: bool = False) -> Json:
        """Creates, or adopts an address of the extraction. The answer has `outcome`, `warnings` and the `mailbox`."""
        return self._write("POST", "/v1/operator/mailboxes", mailbox, dry_run)

    def put(self, address: str, mailbox: Json, dry_run: bool = False) -> Json:
        """Creates, replaces or adopts: whichever it takes."""
        return self._write("PUT", self._path(address), mailbox, dry_run)

    def read(self, address: str) -> Json:
        """One's own mailbox, with everything that is hidden from others; `revision` is for `update`."""
        return self._get(self._path(address))

    def update(self, address: str, changes: Json, revision: str | None = None, dry_run: bool = False) -> Json:
        """Changes fields: what is absent stays, `None` empties. With a revision it is refused (412) when somebody was faster."""
        return self._write("PATCH", self._path(address), changes, dry_run, revision)

    def delete(self, address: str, revision: str | None = None) -> Json:
        return self._write("DELETE", self._path(address), revision=revision)

    def suspend(self, address: str) -> Json:
        return self._write("POST", self._path(address) + "/suspend")

    def resume(self, address: str) -> Json:
        return self._write("POST", self._path(address) + "/resume")

    def history(self, address: str) -> list[Json]:
        return self._get(self._path(address) + "/history")["items"]

    # Everything of one's own

    def whoami(self) -> Json:
        return self._get("/v1/operator")

    def mailboxes(self, state: str | None = None) -> Iterator[Json]:
        """All of them, page after page."""
        return self._pages("/v1/operator/mailboxes", {"state": state} if state else {})

    def notices(self, after: int = 0) -> Iterator[Json]:
        return self._pages("/v1/operator/notices", {"after": after})

    # Many mailboxes. Lines are mailboxes with an `operation` (put unless said); files are CSV or JSON lines by their name.

    def batch(self, lines: Iterable[Json] | Path, dry_run: bool = False) -> Json:
        """Sends a batch and waits for its report."""
        return self._send("/v1/operator/batches", {"dry_run": dry_run}, lines)

    def delta(self, lines: Iterable[Json] | Path, sequence: int, dry_run: bool = False) -> Json:
        """The changes since number `sequence - 1`. Keep the number beside the changes: sent again they get the same report."""
        return self._send("/v1/operator/sync", {"mode": "delta", "sequence": sequence, "dry_run": dry_run}, lines)

    def full(self, lines: Iterable[Json] | Path, confirm: bool = False, dry_run: bool = False) -> Json:
        """The whole state: what it does not hold is deleted, more than a tenth only with `confirm`."""
        return self._send("/v1/operator/sync", {"mode": "full", "confirm": confirm, "dry_run": dry_run}, lines)

    def last_sequence(self) -> int:
        return self._get("/v1/operator/sync")["last_sequence"] or 0

    def report(self, batch: str) -> Json:
        return self._get("/v1/operator/batches/" + urllib.parse.quote(batch, safe=""))

    def rejected(self, batch: str) -> list[dict[str, str]]:
        """Rejected and warned lines, from the report as CSV."""
        return list(csv.DictReader(io.StringIO(self.report_csv(batch), newline=""), delimiter=";"))

    def report_csv(self, batch: str) -> str:
        return self._request("GET", "/v1/operator/batches/" + urllib.parse.quote(batch, safe=""), query={"format": "csv"}).decode()

    def wait(self, report: Json) -> Json:
        """The report once the batch has ended."""
        pause = self.pause
        while report["state"] == "received":
            time.sleep(pause)
            pause = min(2 * pause, 10.0)
            report = self.report(report["id"])
        return report

    def _send(self, path: str, query: Json, lines: Iterable[Json] | Path) -> Json:
        kind = "text/csv" if isinstance(lines, Path) and lines.suffix.lower() == ".csv" else "application/x-ndjson"
        body = lines.read_bytes() if isinstance(lines, Path) else "\n".join(map(json.dumps, lines)).encode()
        return self.wait(json.loads(self._request("POST", path, body, kind, query)))

    # HTTP

    @staticmethod
    def _path(address: str) -> str:
        return "/v1/operator/mailboxes/" + urllib.parse.quote(address, safe="@")

    def _get(self, path: str, query: Json | None = None) -> Json:
        return json.loads(self._request("GET", path, query=query))

    def _pages(self, path: str, query: Json) -> Iterator[Json]:
        query = {**query, "limit": 1000}
        while True:
            page = self._get(path, query)
            yield from page["items"]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def _write(self, method: str, path: str, body: Json | None = None, dry_run: bool = False, revision: str | None = None) -> Json:
        headers = {"If-Match": f'"{revision}"'} if revision else {}
        sent = None if body is None else json.dumps(body).encode()
        return json.loads(self._request(method, path, sent, "application/json", {"dry_run": dry_run}, headers))

    def _request(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json",
                 query: Json | None = None, headers: dict[str, str] | None = None) -> bytes:
        """Sends a request until it is answered for good. A write keeps its Idempotency-Key over all attempts."""
        words = {name: "true" if value is True else value for name, value in (query or {}).items() if value is not False}
        url = self.url + path + ("?" + urllib.parse.urlencode(words) if words else "")
        headers = (headers or {}) | ({"ESANTE-API-KEY": self.key} if self.key else {})
        headers |= {"Content-Type": kind} if body is not None else {}
        headers |= {"Idempotency-Key": str(uuid.uuid4())} if method != "GET" else {}
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        attempt = 0
        while True:
            attempt += 1
            pause = self.pause * 2**attempt
            try:
                with self._opener.open(request, timeout=330) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                if error.code not in TEMPORARY or attempt == self.attempts:
                    raise Refused(error.code, problem(error.read())) from None
                after = error.headers.get("Retry-After", "")
                pause = max(pause, float(after)) if after.isdecimal() else pause
            except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
                if attempt == self.attempts or isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
                    raise
            time.sleep(pause)


def problem(body: bytes) -> Json:
    """What a refusal says; a proxy in between may speak another language."""
    try:
        return dict(json.loads(body))
    except (ValueError, TypeError):
        return {"code": "no_problem_document", "detail": body[:200].decode(errors="replace")}


def show_report(report: Json) -> None:
    """A report for people; `--json` prints it for programs."""
    counters = report["counters"]
    kinds = ["created", "updated", "unchanged", "adopted", "deleted", "rejected"]
    tried = " (dry run: nothing was written)" if report["dry_run"] else ""
    print(f"{report['mode']} {report['id']}: {report['state']}{tried}")
    print(f"{counters['received']} lines = " + " + ".join(f"{counters[kind]} {kind}" for kind in kinds))
    for line in report["lines"]:
        field = f" ({line['field']})" if line.get("field") else ""
        why = f": {line['code']}{field} {line['message']}" if "code" in line else ""
        print(f"line {line['line']}: {line['outcome']}: {line.get('address', '?')}{why}")
    if report["lines_left_out"]:
        print(f"and {report['lines_left_out']} more lines")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publishes an operator's mailboxes. The guide: docs/operators.md.")
    parser.add_argument("--url", required=True, help="such as https://annuaire.example.org")
    parser.add_argument("--key", default=os.environ.get("ESANTE_API_KEY"), help="else ESANTE_API_KEY of the environment")
    for name, what in [("--certificate", "client certificate, instead of a key"), ("--certificate-key", "its private key"),
                       ("--ca", "authority of the server's certificate")]:
        parser.add_argument(name, help=f"PEM file: {what}")
    parser.add_argument("--json", action="store_true", help="print reports as JSON")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ["whoami", "list", "notices"]:
        commands.add_parser(name)
    for name in ["read", "history", "delete", "suspend", "resume"]:
        commands.add_parser(name).add_argument("address")
    create = commands.add_parser("create", help="a mailbox as JSON")
    create.add_argument("mailbox", type=json.loads)
    update = commands.add_parser("update", help="changes as JSON: what is absent stays, null empties")
    update.add_argument("address")
    update.add_argument("changes", type=json.loads)
    batch = commands.add_parser("batch", help="a file of CSV or JSON lines")
    sync = commands.add_parser("sync", help="the same, as a numbered delta or as the full state")
    for command in [batch, sync]:
        command.add_argument("file", type=Path)
        command.add_argument("--dry-run", action="store_true")
    how = sync.add_mutually_exclusive_group(required=True)
    how.add_argument("--full", action="store_true")
    how.add_argument("--sequence", type=int, help="number of the delta")
    sync.add_argument("--confirm", action="store_true", help="a full state may delete more than a tenth")
    report = commands.add_parser("report", help="the report of a batch")
    report.add_argument("batch")
    report.add_argument("--csv", action="store_true")
    return parser.parse_args()


def run(client: OperatorClient, given: argparse.Namespace) -> int:
    report: Json | None = None
    match given.command:
        case "list" | "notices":
            for item in client.mailboxes() if given.command == "list" else client.notices():
                print(json.dumps(item, ensure_ascii=False))
        case "batch":
            report = client.batch(given.file, given.dry_run)
        case "sync" if given.full:
            report = client.full(given.file, given.confirm, given.dry_run)
        case "sync":
            report = client.delta(given.file, given.sequence, given.dry_run)
        case "report" if given.csv:
            print(client.report_csv(given.batch), end="")
        case "report":
            report = client.report(given.batch)
        case _:
            of = {"whoami": [], "create": ["mailbox"], "update": ["address", "changes"]}.get(given.command, ["address"])
            answer = getattr(client, given.command)(*(getattr(given, name) for name in of))
            print(json.dumps(answer, ensure_ascii=False))
    if report:
        print(json.dumps(report, ensure_ascii=False)) if given.json else show_report(report)
    return 1 if report and report["counters"]["rejected"] else 0


def main() -> int:
    given = arguments()
    try:
        client = OperatorClient(given.url, given.key, given.certificate, given.certificate_key, given.ca)
        return run(client, given)
    except Refused as refused:
        print(f"refused: {refused}", file=sys.stderr)
    except (OSError, ValueError, http.client.HTTPException) as error:
        print(f"failed: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
