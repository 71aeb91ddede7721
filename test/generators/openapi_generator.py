"""Uses the Python client of openapi-generator. Prints what it read, as JSON."""

import json
import os
import sys

import openapi_client as client

env = os.environ
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

customers = client.CustomersApi(api)
pages = [customers.customers_list(limit=200)]
while pages[-1].pagination.has_more:
    pages.append(customers.customers_list(cursor=pages[-1].pagination.next_cursor))

sale = client.SalesApi(api).sales_list(include="items").data[0]
event = client.EventsApi(api).events_list(include="items").data[0].actual_instance
assert isinstance(event, client.SaleUpdatedEvent)
later = client.Event.from_json(env["LATER_EVENT"]).actual_instance
assert isinstance(later, client.OtherEvent)

webhooks = client.WebhooksApi(api)
webhook = webhooks.webhooks_create(
    client.WebhooksCreateRequest(endpoint_url=env["ENDPOINT_URL"], event_types=["*"])
).data
webhooks.webhooks_delete(webhook.id)

reports = client.ReportsApi(api)
summary = reports.reports_sales_summary(branch_id=env["BRANCH_ID"]).data
stock = reports.reports_inventory_summary(warehouse_id=env["WAREHOUSE_ID"]).data
try:
    customers.customers_get(env["BRANCH_ID"])
    error = None
except client.ApiException as problem:
    error = problem.data.error

json.dump(
    {
        "pages": [len(page.data) for page in pages],
        "unit_price": sale.items[0].unit_price,
        "event": [event.type, event.data.items[0].sku_code],
        "later": later.type,
        "secret": webhook.secret[:6],
        "revenue": summary.total_revenue,
        "skus": stock.total_skus,
        "error": error,
    },
    sys.stdout,
)
