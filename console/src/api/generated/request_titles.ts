// Generated from openapi.console.json by npm run openapi. Do not edit; a test checks it.

export const REQUEST_TITLES: Record<string, { th: string; en: string }> = {
  "oauth.token": {
    "th": "ขอ Access token",
    "en": "Get an access token"
  },
  "oauth.revoke": {
    "th": "เพิกถอน Access token",
    "en": "Revoke an access token"
  },
  "oauth.introspect": {
    "th": "ตรวจ Access token",
    "en": "Introspect an access token"
  },
  "oauth.jwks": {
    "th": "ดึง Public key (JWKS)",
    "en": "Get the public keys (JWKS)"
  },
  "oauth.metadata": {
    "th": "ดึง Metadata ของ Authorization server",
    "en": "Get the metadata of the authorization server"
  },
  "me.get": {
    "th": "ดูข้อมูลของ Token ที่ใช้อยู่",
    "en": "Get details of the access token"
  },
  "branches.list": {
    "th": "ดึงรายการสาขาที่ Token เข้าถึงได้",
    "en": "List branches"
  },
  "customers.list": {
    "th": "ดึงรายการลูกค้าทั้งหมดของธุรกิจ",
    "en": "List all customers of the business"
  },
  "customers.get": {
    "th": "ดึงข้อมูลลูกค้าหนึ่งราย",
    "en": "Get one customer"
  },
  "customer_consents.list": {
    "th": "ดึงความยินยอมของลูกค้าหนึ่งราย",
    "en": "List the consents of a customer"
  },
  "consents.list": {
    "th": "ดึงความยินยอมของลูกค้าทั้งหมด",
    "en": "List the consents of all customers"
  },
  "membership_tiers.list": {
    "th": "ดึงระดับสมาชิกทั้งหมด",
    "en": "List all membership tiers"
  },
  "products.list": {
    "th": "ดึงรายการสินค้าทั้งหมดของธุรกิจ",
    "en": "List all products of the business"
  },
  "products.get": {
    "th": "ดึงสินค้าหนึ่งรายการ",
    "en": "Get one product"
  },
  "categories.list": {
    "th": "ดึงหมวดหมู่สินค้าทั้งหมด",
    "en": "List all product categories"
  },
  "branch_prices.list": {
    "th": "ดึงราคาสินค้าที่ต่างกันตามสาขา",
    "en": "List the prices of branches"
  },
  "sales.list": {
    "th": "ดึงรายการบิลขาย",
    "en": "List sales"
  },
  "sales.get": {
    "th": "ดึงบิลขายหนึ่งใบ",
    "en": "Get one sale"
  },
  "sale_items.list": {
    "th": "ดึงรายการในบิล",
    "en": "List the items of a sale"
  },
  "inventory.list": {
    "th": "ดึงสต็อกคงเหลือ",
    "en": "List stock levels"
  },
  "stock_movements.list": {
    "th": "ดึงความเคลื่อนไหวของสต็อก",
    "en": "List stock movements"
  },
  "warehouses.list": {
    "th": "ดึงคลังสินค้าทั้งหมด",
    "en": "List all warehouses"
  },
  "purchase_orders.list": {
    "th": "ดึงรายการใบสั่งซื้อ",
    "en": "List purchase orders"
  },
  "purchase_orders.get": {
    "th": "ดึงใบสั่งซื้อหนึ่งใบ",
    "en": "Get one purchase order"
  },
  "purchase_order_items.list": {
    "th": "ดึงรายการในใบสั่งซื้อ",
    "en": "List the items of a purchase order"
  },
  "suppliers.list": {
    "th": "ดึงรายการผู้จำหน่ายทั้งหมดของธุรกิจ",
    "en": "List all suppliers of the business"
  },
  "suppliers.get": {
    "th": "ดึงข้อมูลผู้จำหน่ายหนึ่งราย",
    "en": "Get one supplier"
  },
  "reports.sales_summary": {
    "th": "ดูสรุปยอดขายของสาขา",
    "en": "Get the sales summary of a branch"
  },
  "reports.inventory_summary": {
    "th": "ดูสรุปสต็อกของคลังสินค้า",
    "en": "Get the inventory summary of a warehouse"
  },
  "events.list": {
    "th": "ดึงรายการ Event ตามลำดับที่เกิดขึ้น",
    "en": "List events, oldest first"
  },
  "webhooks.create": {
    "th": "สร้าง Webhook",
    "en": "Create a webhook"
  },
  "webhooks.list": {
    "th": "ดึงรายการ Webhook ของแอป",
    "en": "List the application's webhooks"
  },
  "webhooks.get": {
    "th": "ดึงข้อมูล Webhook หนึ่งรายการ",
    "en": "Get a webhook"
  },
  "webhooks.update": {
    "th": "แก้ไข Webhook",
    "en": "Update a webhook"
  },
  "webhooks.delete": {
    "th": "ลบ Webhook และประวัติการส่ง",
    "en": "Delete a webhook and its deliveries"
  },
  "webhooks.rotate_secret": {
    "th": "เปลี่ยน Secret ของ Webhook",
    "en": "Rotate the secret of a webhook"
  },
  "webhooks.ping": {
    "th": "ส่ง ping ไปที่ Webhook ทันที",
    "en": "Send a ping to a webhook"
  },
  "webhook_deliveries.list": {
    "th": "ดึงประวัติการส่งของ Webhook",
    "en": "List the deliveries of a webhook"
  },
  "webhook_deliveries.redeliver": {
    "th": "ส่ง Event เดิมอีกครั้ง (Redeliver)",
    "en": "Redeliver an event"
  },
  "webhooks.replay": {
    "th": "ส่ง Event ย้อนหลัง (Replay)",
    "en": "Replay events"
  },
  "ingest.branches": {
    "th": "ส่งข้อมูลสาขา",
    "en": "Write branches"
  },
  "ingest_versions.branches": {
    "th": "ตรวจเวอร์ชันของสาขา",
    "en": "Check the stored versions of branches"
  },
  "ingest.warehouses": {
    "th": "ส่งข้อมูลคลังสินค้า",
    "en": "Write warehouses"
  },
  "ingest_versions.warehouses": {
    "th": "ตรวจเวอร์ชันของคลังสินค้า",
    "en": "Check the stored versions of warehouses"
  },
  "ingest.membership_tiers": {
    "th": "ส่งข้อมูลระดับสมาชิก",
    "en": "Write membership tiers"
  },
  "ingest_versions.membership_tiers": {
    "th": "ตรวจเวอร์ชันของระดับสมาชิก",
    "en": "Check the stored versions of membership tiers"
  },
  "ingest.customers": {
    "th": "ส่งข้อมูลลูกค้า",
    "en": "Write customers"
  },
  "ingest_versions.customers": {
    "th": "ตรวจเวอร์ชันของลูกค้า",
    "en": "Check the stored versions of customers"
  },
  "ingest.consents": {
    "th": "ส่งข้อมูลความยินยอม",
    "en": "Write consents"
  },
  "ingest_versions.consents": {
    "th": "ตรวจเวอร์ชันของความยินยอม",
    "en": "Check the stored versions of consents"
  },
  "ingest.categories": {
    "th": "ส่งข้อมูลหมวดหมู่สินค้า",
    "en": "Write categories"
  },
  "ingest_versions.categories": {
    "th": "ตรวจเวอร์ชันของหมวดหมู่สินค้า",
    "en": "Check the stored versions of categories"
  },
  "ingest.products": {
    "th": "ส่งข้อมูลสินค้าและ SKU",
    "en": "Write products with their SKUs"
  },
  "ingest_versions.products": {
    "th": "ตรวจเวอร์ชันของสินค้าและ SKU",
    "en": "Check the stored versions of products with their SKUs"
  },
  "ingest.branch_prices": {
    "th": "ส่งข้อมูลราคาตามสาขา",
    "en": "Write branch prices"
  },
  "ingest_versions.branch_prices": {
    "th": "ตรวจเวอร์ชันของราคาตามสาขา",
    "en": "Check the stored versions of branch prices"
  },
  "ingest.suppliers": {
    "th": "ส่งข้อมูลผู้จำหน่าย",
    "en": "Write suppliers"
  },
  "ingest_versions.suppliers": {
    "th": "ตรวจเวอร์ชันของผู้จำหน่าย",
    "en": "Check the stored versions of suppliers"
  },
  "ingest.purchase_orders": {
    "th": "ส่งข้อมูลใบสั่งซื้อ",
    "en": "Write purchase orders"
  },
  "ingest_versions.purchase_orders": {
    "th": "ตรวจเวอร์ชันของใบสั่งซื้อ",
    "en": "Check the stored versions of purchase orders"
  },
  "ingest.sales": {
    "th": "ส่งข้อมูลบิลขาย",
    "en": "Write sales"
  },
  "ingest_versions.sales": {
    "th": "ตรวจเวอร์ชันของบิลขาย",
    "en": "Check the stored versions of sales"
  },
  "ingest.stock_movements": {
    "th": "ส่งข้อมูลความเคลื่อนไหวของสต็อก",
    "en": "Write stock movements"
  },
  "ingest_versions.stock_movements": {
    "th": "ตรวจเวอร์ชันของความเคลื่อนไหวของสต็อก",
    "en": "Check the stored versions of stock movements"
  },
  "ingest.stock_levels": {
    "th": "ส่งข้อมูลการตั้งค่าสต็อก",
    "en": "Write stock level settings"
  },
  "ingest_versions.stock_levels": {
    "th": "ตรวจเวอร์ชันของการตั้งค่าสต็อก",
    "en": "Check the stored versions of stock level settings"
  }
}
