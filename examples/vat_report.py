"""Writes a VAT report as CSV, without dependencies: python3 vat_report.py 2026-01-01 2026-12-31 > vat.csv

One row for each branch, month, tax category and rate: the taxed amount and the tax of sales, less refunds in the month in which
the money was given back, up to 90 days after the sale. Amounts whose tax is not known are in rows without a category. Reads
TALAD_BASE_URL, TALAD_CLIENT_ID and TALAD_CLIENT_SECRET. The application needs the scope read:sales, and enough days of history
(talad app edit --history-days)."""

import csv
import datetime
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

API = os.environ["TALAD_BASE_URL"].rstrip("/") + "/api/partner/v1"
COUNTED = ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"]
REFUND_DAYS = datetime.timedelta(days=90)
ZERO = Decimal(0)


def ask(path: str, body: bytes = None, token: str = None) -> dict:
    """Sends a request. Waits as the server says when the rate limit is reached."""
    while True:
        request = urllib.request.Request(API + path, body, {"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                sys.exit(f"{path}: {error.code} {error.read().decode()}")
            time.sleep(int(error.headers.get("Retry-After", 1)))


def sales(token: str, first: datetime.date, last: datetime.date):
    """Yields all sales of a period that count, with their items. A request can ask for 30 days."""
    while first <= last:
        to = min(first + datetime.timedelta(days=29), last)
        query = {"from": first, "to": to, "status": COUNTED, "include": "items", "limit": 200}
        while query:
            page = ask("/sales?" + urllib.parse.urlencode(query, doseq=True), token=token)
            yield from page["data"]
            cursor = page["pagination"]["next_cursor"]
            query = cursor and {"cursor": cursor}
        first = to + datetime.timedelta(days=1)


def refunded(sale: dict, refund: dict):
    """Yields (category, rate, taxed amount, tax) of a refund, from the items that were given back."""
    lines = sale["tax_lines"]
    if Decimal(refund["amount"]) == Decimal(sale["total_amount"]):
        for line in lines:
            yield line["category"], line["rate"], Decimal(line["base"]), Decimal(line["amount"])
        return
    items = [item for item in sale["items"] if item["id"] in refund["item_ids"]]
    if sum((Decimal(item["refunded_amount"]) for item in items), ZERO) != Decimal(refund["amount"]):
        yield "", "", Decimal(refund["amount"]), ZERO
        return
    rates = {line["category"]: line["rate"] for line in lines}
    for item in items:
        # Without a category and a rate, only the amount is known.
        category = item["tax_category"] if item["tax_category"] in rates else ""
        rate = rates.get(category, "")
        amount = Decimal(item["refunded_amount"])
        tax = amount * Decimal(rate or 0) / (100 + Decimal(rate or 0))
        tax = tax.quantize(Decimal("0.01"), ROUND_HALF_UP)
        yield category, rate, amount - tax, tax


def main(first: datetime.date, last: datetime.date) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["TALAD_CLIENT_ID"],
        "client_secret": os.environ["TALAD_CLIENT_SECRET"],
    }
    token = ask("/oauth/token", urllib.parse.urlencode(form).encode())["access_token"]
    me = ask("/me", token=token)["data"]
    zone = ZoneInfo(me["business"]["time_zone"])
    codes = {branch["id"]: branch["code"] for branch in me["branches"]}
    today = datetime.datetime.now(zone).date()
    begin = max(first - REFUND_DAYS, today - datetime.timedelta(days=me["history_days"]))
    report = defaultdict(lambda: [ZERO, ZERO])

    def add(sale: dict, at: str, category: str, rate: str, base: Decimal, tax: Decimal) -> None:
        day = datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(zone).date()
        if not first <= day <= last:
            return
        row = report[codes[sale["branch_id"]], f"{day:%Y-%m}", category, rate]
        row[0] += base
        row[1] += tax

    for sale in sales(token, begin, min(last, today)):
        for line in sale["tax_lines"]:
            add(sale, sale["order_date"], line["category"], line["rate"], Decimal(line["base"]), Decimal(line["amount"]))
        if not sale["tax_lines"]:
            tax = Decimal(sale["tax_amount"])
            add(sale, sale["order_date"], "", "", Decimal(sale["total_amount"]) - tax, tax)
        for refund in sale["refunds"]:
            for category, rate, base, tax in refunded(sale, refund):
                add(sale, refund["refunded_at"], category, rate, -base, -tax)

    out = csv.writer(sys.stdout)
    out.writerow(["branch", "month", "tax_category", "tax_rate", "taxed_amount", "tax_amount"])
    for key in sorted(report):
        out.writerow([*key, *(f"{amount:.2f}" for amount in report[key])])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Usage: python3 vat_report.py FIRST_DAY LAST_DAY, such as 2026-01-01 2026-12-31")
    main(*map(datetime.date.fromisoformat, sys.argv[1:]))
