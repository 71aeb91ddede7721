// Uses the client of oapi-codegen. Prints what it read, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/google/uuid"
	"talad.example/oapi_codegen/client"
)

var ctx = context.Background()

// must returns the response, or ends the program.
func must[Response any](response Response, err error) Response {
	if err != nil {
		panic(err)
	}
	return response
}

func main() {
	server := os.Getenv("TALAD_BASE_URL")
	id, secret := os.Getenv("TALAD_CLIENT_ID"), os.Getenv("TALAD_CLIENT_SECRET")
	login := must(client.NewClientWithResponses(server))
	token := must(login.OauthTokenWithFormdataBodyWithResponse(ctx, client.OauthTokenFormdataRequestBody{
		GrantType: "client_credentials", ClientId: &id, ClientSecret: &secret,
	})).JSON200.AccessToken
	api := must(client.NewClientWithResponses(server, client.WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			request.Header.Set("Authorization", "Bearer "+token)
			return nil
		})))

	limit := 200
	page := must(api.CustomersListWithResponse(ctx, &client.CustomersListParams{Limit: &limit})).JSON200
	pages := []int{len(page.Data)}
	for page.Pagination.HasMore {
		cursor := page.Pagination.NextCursor
		page = must(api.CustomersListWithResponse(ctx, &client.CustomersListParams{Cursor: cursor})).JSON200
		pages = append(pages, len(page.Data))
	}

	saleItems, eventItems := client.SalesListParamsIncludeItems, client.EventsListParamsIncludeItems
	sale := must(api.SalesListWithResponse(ctx, &client.SalesListParams{Include: &saleItems})).JSON200.Data[0]
	events := must(api.EventsListWithResponse(ctx, &client.EventsListParams{Include: &eventItems})).JSON200
	event := must(events.Data[0].ValueByDiscriminator()).(client.SaleUpdatedEvent)
	var later client.Event
	if err := json.Unmarshal([]byte(os.Getenv("LATER_EVENT")), &later); err != nil {
		panic(err)
	}
	other := must(later.AsOtherEvent())

	webhook := must(api.WebhooksCreateWithResponse(ctx, client.WebhooksCreateJSONRequestBody{
		EndpointUrl: os.Getenv("ENDPOINT_URL"), EventTypes: []client.WebhooksCreateJSONBodyEventTypes{"*"},
	})).JSON201.Data
	must(api.WebhooksDeleteWithResponse(ctx, webhook.Id))

	branch, warehouse := uuid.MustParse(os.Getenv("BRANCH_ID")), uuid.MustParse(os.Getenv("WAREHOUSE_ID"))
	summary := must(api.ReportsSalesSummaryWithResponse(ctx, &client.ReportsSalesSummaryParams{BranchId: branch})).JSON200.Data
	stock := must(api.ReportsInventorySummaryWithResponse(ctx,
		&client.ReportsInventorySummaryParams{WarehouseId: warehouse})).JSON200.Data
	missing := must(api.CustomersGetWithResponse(ctx, branch)).JSON404

	fmt.Println(string(must(json.Marshal(map[string]any{
		"pages":      pages,
		"unit_price": (*sale.Items)[0].UnitPrice,
		"event":      []string{string(event.Type), (*event.Data.Items)[0].SkuCode},
		"later":      other.Type,
		"secret":     webhook.Secret[:6],
		"revenue":    summary.TotalRevenue,
		"skus":       stock.TotalSkus,
		"error":      missing.Error,
	}))))
}
