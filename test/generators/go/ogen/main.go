// Uses the client of ogen. Prints what it read, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/uuid"
	"github.com/ogen-go/ogen/ogenerrors"
	"talad.example/ogen/client"
)

var ctx = context.Background()

// must returns the response, or ends the program.
func must[Response any](response Response, err error) Response {
	if err != nil {
		panic(err)
	}
	return response
}

// security sends the access token, once there is one.
type security struct{ token string }

func (s *security) Partner(context.Context, client.OperationName) (client.Partner, error) {
	return client.Partner{Token: s.token}, nil
}

func (s *security) Basic(context.Context, client.OperationName) (client.Basic, error) {
	return client.Basic{}, ogenerrors.ErrSkipClientSecurity
}

func main() {
	access := &security{}
	api := must(client.NewClient(os.Getenv("TALAD_BASE_URL"), access))
	access.token = must(api.OAuthToken(ctx, &client.OAuthTokenReq{
		GrantType:    "client_credentials",
		ClientID:     client.NewOptString(os.Getenv("TALAD_CLIENT_ID")),
		ClientSecret: client.NewOptString(os.Getenv("TALAD_CLIENT_SECRET")),
	})).(*client.OAuthTokenOKHeaders).Response.AccessToken

	customers := func(params client.CustomersListParams) client.CustomersListOK {
		return must(api.CustomersList(ctx, params)).(*client.CustomersListOKHeaders).Response
	}
	page := customers(client.CustomersListParams{Limit: client.NewOptInt(200)})
	pages := []int{len(page.Data)}
	for page.Pagination.HasMore {
		page = customers(client.CustomersListParams{Cursor: client.NewOptString(page.Pagination.NextCursor.Value)})
		pages = append(pages, len(page.Data))
	}

	sale := must(api.SalesList(ctx, client.SalesListParams{
		Include: client.NewOptSalesListInclude(client.SalesListIncludeItems),
	})).(*client.SalesListOKHeaders).Response.Data[0]
	events := must(api.EventsList(ctx, client.EventsListParams{
		Include: client.NewOptEventsListInclude(client.EventsListIncludeItems),
	})).(*client.EventsListOKHeaders).Response
	event, isUpdate := events.Data[0].GetSaleUpdatedEvent()
	if !isUpdate {
		panic(events.Data[0].Type)
	}
	// A limit of ogen: it rejects types that it does not know.
	later := "known"
	if new(client.Event).UnmarshalJSON([]byte(os.Getenv("LATER_EVENT"))) != nil {
		later = "rejected"
	}

	webhook := must(api.WebhooksCreate(ctx, &client.WebhooksCreateReq{
		EndpointURL: os.Getenv("ENDPOINT_URL"), EventTypes: []client.WebhooksCreateReqEventTypesItem{"*"},
	})).(*client.WebhooksCreateCreatedHeaders).Response.Data
	_ = must(api.WebhooksDelete(ctx, client.WebhooksDeleteParams{ID: webhook.ID})).(*client.WebhooksDeleteNoContent)

	branch, warehouse := uuid.MustParse(os.Getenv("BRANCH_ID")), uuid.MustParse(os.Getenv("WAREHOUSE_ID"))
	summary := must(api.ReportsSalesSummary(ctx, client.ReportsSalesSummaryParams{BranchID: branch})).(*client.ReportsSalesSummaryOKHeaders).Response.Data
	stock := must(api.ReportsInventorySummary(ctx, client.ReportsInventorySummaryParams{WarehouseID: warehouse})).(*client.ReportsInventorySummaryOKHeaders).Response.Data
	missing := must(api.CustomersGet(ctx, client.CustomersGetParams{ID: branch})).(*client.NotFoundHeaders).Response

	fmt.Println(string(must(json.Marshal(map[string]any{
		"pages":      pages,
		"unit_price": sale.Items[0].UnitPrice,
		"event":      []string{"sale.updated", event.Data.Items[0].SkuCode},
		"later":      later,
		"secret":     webhook.Secret[:6],
		"revenue":    summary.TotalRevenue,
		"skus":       stock.TotalSkus,
		"error":      missing.Error,
	}))))
}
