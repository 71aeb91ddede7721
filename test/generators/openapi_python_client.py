"""Uses the client of openapi-python-client. Prints what it read, as JSON."""

import json
import os
import sys

from talad_partner_api_client import AuthenticatedClient, Client
from talad_partner_api_client.api.auth import oauth_token
from talad_partner_api_client.api.customers import customers_get, customers_list
from talad_partner_api_client.api.events import events_list
from talad_partner_api_client.api.reports import reports_inventory_summary, reports_sales_summary
from talad_partner_api_client.api.sales import sales_list
from talad_partner_api_client.api.webhooks import webhooks_create, webhooks_delete
from talad_partner_api_client.models import (
    EventsListInclude,
    EventsListResponse200,
    OauthTokenBody,
    OtherEvent,
    SalesListInclude,
    SaleUpdatedEvent,
    WebhooksCreateBody,
    WebhooksCreateBodyEventTypesItem,
)

env = os.environ
url = env["TALAD_BASE_URL"]
token = oauth_token.sync(
    client=Client(base_url=url),
    body=OauthTokenBody(
        grant_type="client_credentials",
        client_id=env["TALAD_CLIENT_ID"],
        client_secret=env["TALAD_CLIENT_SECRET"],
    ),
).access_token
client = AuthenticatedClient(base_url=url, token=token)

pages = [customers_list.sync(client=client, limit=200)]
while pages[-1].pagination.has_more:
    pages.append(customers_list.sync(client=client, cursor=pages[-1].pagination.next_cursor))

sale = sales_list.sync(client=client, include=SalesListInclude.ITEMS).data[0]
event = events_list.sync(client=client, include=EventsListInclude.ITEMS).data[0]
assert isinstance(event, SaleUpdatedEvent)
later = EventsListResponse200.from_dict(
    {"data": [json.loads(env["LATER_EVENT"])], "pagination": {"next_after": 1, "has_more": False, "limit": 50}}
).data[0]
assert isinstance(later, OtherEvent)

wanted = WebhooksCreateBody(endpoint_url=env["ENDPOINT_URL"], event_types=[WebhooksCreateBodyEventTypesItem("*")])
webhook = webhooks_create.sync(client=client, body=wanted).data
webhooks_delete.sync_detailed(webhook.id, client=client)

summary = reports_sales_summary.sync(client=client, branch_id=env["BRANCH_ID"]).data
stock = reports_inventory_summary.sync(client=client, warehouse_id=env["WAREHOUSE_ID"]).data
problem = customers_get.sync(env["BRANCH_ID"], client=client)

json.dump(
    {
        "pages": [len(page.data) for page in pages],
        "unit_price": sale.items[0].unit_price,
        "event": [event.type_, event.data.items[0].sku_code],
        "later": later.type_,
        "secret": webhook.secret[:6],
        "revenue": summary.total_revenue,
        "skus": stock.total_skus,
        "error": problem.error,
    },
    sys.stdout,
)
