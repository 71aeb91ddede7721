<?php
// Receives Talad webhooks, without dependencies: WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:8080 webhook-receiver.php

declare(strict_types=1);

const TOLERANCE_S = 300;

/** Verifies signature and age as Standard Webhooks 1.0.0 requires. */
function isSigned(string $id, string $time, string $signatures, string $body): bool
{
    if ($id === '' || !preg_match('/^\d{1,12}$/', $time) || abs(time() - (int) $time) > TOLERANCE_S) {
        return false;
    }
    foreach (explode(' ', (string) getenv('WEBHOOK_SECRET')) as $secret) {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        if ($key === false || strlen($key) < 24) {
            throw new RuntimeException('WEBHOOK_SECRET must be whsec_ followed by Base64');
        }
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
        foreach (explode(' ', $signatures) as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }
    }
    return false;
}

/** Records the event ID and returns whether it is new. In production, use your database. */
function isNew(string $id): bool
{
    $folder = sys_get_temp_dir() . '/talad-webhooks';
    if (!is_dir($folder)) {
        mkdir($folder, 0700, true);
    }
    // Exclusive creation of a file succeeds only once, also with concurrent requests.
    $file = $folder . '/' . hash('sha256', $id);
    if (@fopen($file, 'x') !== false) {
        return true;
    }
    // The file could not be created, for example on a full disk. Talad sends the event again after a 503.
    if (!file_exists($file)) {
        http_response_code(503);
        exit;
    }
    return false;
}

$body = (string) file_get_contents('php://input');
$header = fn (string $name): string => $_SERVER['HTTP_WEBHOOK_' . $name] ?? '';

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    http_response_code(405);
} elseif (!isSigned($header('ID'), $header('TIMESTAMP'), $header('SIGNATURE'), $body)) {
    http_response_code(400);
} else {
    $event = json_decode($body, true, 512, JSON_THROW_ON_ERROR);
    if (isNew($event['id'])) {
        file_put_contents('php://stderr', $event['type'] . ' ' . ($event['data']['id'] ?? '') . "\n");
    }
    http_response_code(204);
}
