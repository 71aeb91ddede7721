// Uses the Java client of openapi-generator. Prints what it read, as JSON.

import com.google.gson.Gson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.*;
import org.openapitools.client.model.*;

class OpenapiGenerator {
    public static void main(String[] arguments) throws Exception {
        Map<String, String> env = System.getenv();
        ApiClient client = new ApiClient().setBasePath(env.get("TALAD_BASE_URL"));
        client.setAccessToken(new AuthApi(client)
            .oauthToken("client_credentials", env.get("TALAD_CLIENT_ID"), env.get("TALAD_CLIENT_SECRET"), null)
            .getAccessToken());

        CustomersApi customers = new CustomersApi(client);
        List<Integer> pages = new ArrayList<>();
        var page = customers.customersList(null, null, null, null, null, null, null, null, 200, null);
        pages.add(page.getData().size());
        while (page.getPagination().getHasMore()) {
            String cursor = page.getPagination().getNextCursor();
            page = customers.customersList(null, null, null, null, null, null, null, null, null, cursor);
            pages.add(page.getData().size());
        }

        Sale sale = new SalesApi(client)
            .salesList(null, null, null, null, null, null, null, "items", null, null).getData().get(0);
        SaleUpdatedEvent event = new EventsApi(client)
            .eventsList(null, null, "items", null).getData().get(0).getSaleUpdatedEvent();
        OtherEvent later = Event.fromJson(env.get("LATER_EVENT")).getOtherEvent();

        WebhooksApi webhooks = new WebhooksApi(client);
        WebhookWithSecret webhook = webhooks.webhooksCreate(new WebhooksCreateRequest()
            .endpointUrl(env.get("ENDPOINT_URL"))
            .eventTypes(Set.of(WebhooksCreateRequest.EventTypesEnum.STAR))).getData();
        webhooks.webhooksDelete(webhook.getId());

        ReportsApi reports = new ReportsApi(client);
        UUID branch = UUID.fromString(env.get("BRANCH_ID"));
        SalesSummary summary = reports.reportsSalesSummary(branch, null, null).getData();
        InventorySummary stock =
            reports.reportsInventorySummary(UUID.fromString(env.get("WAREHOUSE_ID"))).getData();
        String error = null;
        try {
            customers.customersGet(branch);
        } catch (ApiException problem) {
            error = NotFoundError.fromJson(problem.getResponseBody()).getError();
        }

        Map<String, Object> read = new LinkedHashMap<>();
        read.put("pages", pages);
        read.put("unit_price", sale.getItems().get(0).getUnitPrice());
        read.put("event", List.of(event.getType().getValue(), event.getData().getItems().get(0).getSkuCode()));
        read.put("later", later.getType());
        read.put("secret", webhook.getSecret().substring(0, 6));
        read.put("revenue", summary.getTotalRevenue());
        read.put("skus", stock.getTotalSkus());
        read.put("error", error);
        System.out.println(new Gson().toJson(read));
        System.exit(0);
    }
}
