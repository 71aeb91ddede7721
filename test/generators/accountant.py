"""Reads all sales of 30 days with their items, and compares their sums with the report of each branch. It uses the Python
client of openapi-generator. Prints what it compared, as JSON."""

import datetime
import json
import os
import sys
import time
from decimal import Decimal
from zoneinfo import ZoneInfo

import openapi_client as client

COUNTED = ["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"]

env = os.environ
started = time.monotonic()
configuration = client.Configuration(host=env["TALAD_BASE_URL"])
api = client.ApiClient(configuration)
configuration.access_token = (
    client.AuthApi(api)
    .oauth_token(
        grant_type="client_credentials",
        client_id=env["TALAD_CLIENT_ID"],
        client_secret=env["TALAD_CLIENT_SECRET"],
    )
    .access_token
)
business_api = client.BusinessApi(api)
to = datetime.datetime.now(ZoneInfo(business_api.me_get().data.business.time_zone)).date()
days = {"var_from": to - datetime.timedelta(days=29), "to": to}

sales_api = client.SalesApi(api)
page = sales_api.sales_list(**days, status=COUNTED, include="items", limit=200)
sales = list(page.data)
while page.pagination.has_more:
    page = sales_api.sales_list(cursor=page.pagination.next_cursor)
    sales += page.data


def total(amounts) -> Decimal:
    return sum(map(Decimal, amounts), Decimal(0))


differences = []
for branch in business_api.branches_list().data:
    own = [sale for sale in sales if sale.branch_id == branch.id]
    lines = [item for sale in own for item in sale.items]
    report = client.ReportsApi(api).reports_sales_summary(branch_id=branch.id, **days).data
    for name, listed, reported in [
        ("orders", len(own), report.total_orders),
        ("revenue", total(sale.total_amount for sale in own), Decimal(report.total_revenue)),
        ("subtotal", total(sale.subtotal for sale in own), Decimal(report.total_subtotal)),
        ("subtotal of items", total(item.line_total for item in lines), Decimal(report.total_subtotal)),
        ("discount of items", total(item.discount_amount for item in lines), Decimal(report.total_discount)),
        ("tax", total(sale.tax_amount for sale in own), Decimal(report.total_tax)),
        ("service charge", total(sale.service_charge_amount for sale in own), Decimal(report.total_service_charge)),
        ("refunds", total(refund.amount for sale in own for refund in sale.refunds), Decimal(report.total_refunded)),
    ]:
        if listed != reported:
            differences.append(f"{branch.code}, {name}: {listed} listed, {reported} reported")

json.dump(
    {
        "sales": len(sales),
        "items": sum(len(sale.items) for sale in sales),
        "differences": differences,
        "seconds": round(time.monotonic() - started, 1),
    },
    sys.stdout,
)
