<?php

// Uses the PHP client of openapi-generator in the folder CLIENT. Prints what it read, as JSON.

require 'GuzzleHttp/autoload.php';

spl_autoload_register(function (string $name): void {
    [$prefix, $path] = ['OpenAPI\\Client\\', getenv('CLIENT') . '/lib/'];
    if (str_starts_with($name, $prefix)) {
        require $path . str_replace('\\', '/', substr($name, strlen($prefix))) . '.php';
    }
});

use OpenAPI\Client\Api;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\Event;
use OpenAPI\Client\Model\WebhooksCreateRequest;
use OpenAPI\Client\ObjectSerializer;

$http = new GuzzleHttp\Client();
$configuration = (new Configuration())->setHost(getenv('TALAD_BASE_URL'));
$token = (new Api\AuthApi($http, $configuration))->oauthToken(
    grant_type: 'client_credentials',
    client_id: getenv('TALAD_CLIENT_ID'),
    client_secret: getenv('TALAD_CLIENT_SECRET'),
);
$configuration->setAccessToken($token->getAccessToken());

$customers = new Api\CustomersApi($http, $configuration);
$page = $customers->customersList(limit: 200);
$pages = [count($page->getData())];
while ($page->getPagination()->getHasMore()) {
    $page = $customers->customersList(cursor: $page->getPagination()->getNextCursor());
    $pages[] = count($page->getData());
}

$sale = (new Api\SalesApi($http, $configuration))->salesList(include: 'items')->getData()[0];
$event = (new Api\EventsApi($http, $configuration))->eventsList(include: 'items')->getData()[0];
$later = ObjectSerializer::deserialize(json_decode(getenv('LATER_EVENT')), Event::class);

$webhooks = new Api\WebhooksApi($http, $configuration);
$wanted = new WebhooksCreateRequest(['endpoint_url' => getenv('ENDPOINT_URL'), 'event_types' => ['*']]);
$webhook = $webhooks->webhooksCreate($wanted)->getData();
$webhooks->webhooksDelete($webhook->getId());

$reports = new Api\ReportsApi($http, $configuration);
$summary = $reports->reportsSalesSummary(getenv('BRANCH_ID'))->getData();
$stock = $reports->reportsInventorySummary(getenv('WAREHOUSE_ID'))->getData();
$error = null;
try {
    $customers->customersGet(getenv('BRANCH_ID'));
} catch (ApiException $problem) {
    $error = $problem->getResponseObject()->getError();
}

echo json_encode([
    'pages' => $pages,
    'unit_price' => $sale->getItems()[0]->getUnitPrice(),
    // The generator joins all forms of an event in one class, in which data has no class.
    'event' => [$event->getType(), $event->getData()['items'][0]->sku_code],
    'later' => $later->getType(),
    'secret' => substr($webhook->getSecret(), 0, 6),
    'revenue' => $summary->getTotalRevenue(),
    'skus' => $stock->getTotalSkus(),
    'error' => $error,
]);
