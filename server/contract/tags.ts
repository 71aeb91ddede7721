/** The groups of operations in the documents, with their descriptions. */
export const TAGS = {
  Auth: {
    description: 'Get, revoke and introspect access tokens.',
    'x-description-th': 'ขอ เพิกถอน และตรวจสอบ Access token',
  },
  Business: {
    description: 'Details of the access token, and the branches that it can access.',
    'x-description-th': 'ข้อมูลของ Access token และสาขาที่เข้าถึงได้',
  },
  Customers: {
    description: 'Customers, their consents, and membership tiers.',
    'x-description-th': 'ลูกค้า ความยินยอม และระดับสมาชิก',
  },
  Products: {
    description: 'Products with their SKUs, prices of branches, and product categories.',
    'x-description-th': 'สินค้าพร้อม SKU ราคาตามสาขา และหมวดหมู่',
  },
  Sales: {
    description: 'Sales with their payments, refunds and items.',
    'x-description-th': 'บิลขาย การชำระและคืนเงิน และรายการในบิล',
  },
  Inventory: {
    description: 'Stock levels, stock movements and warehouses.',
    'x-description-th': 'สต็อกคงเหลือ ความเคลื่อนไหวของสต็อก และคลังสินค้า',
  },
  Purchasing: {
    description: 'Purchase orders with their items, and suppliers.',
    'x-description-th': 'ใบสั่งซื้อ รายการในใบสั่งซื้อ และผู้จำหน่าย',
  },
  Events: {
    description: 'Changes in the order in which they happened.',
    'x-description-th': 'การเปลี่ยนแปลงของข้อมูล ตามลำดับที่เกิดขึ้น',
  },
  Webhooks: {
    description: 'Endpoints that receive events, and the result of each delivery.',
    'x-description-th': 'Endpoint ที่รับ Event และผลของการส่งแต่ละครั้ง',
  },
  'Webhook Requests': {
    description: 'Requests that Talad sends to your endpoints.',
    'x-description-th': 'คำขอที่ Talad ส่งไปยัง Endpoint ของคุณ',
  },
  Ingest: {
    description: 'Write records in batches.',
    'x-description-th': 'ส่งข้อมูลเข้า Talad เป็นชุด (Batch)',
  },
  Reports: {
    description: 'Summary reports. The figures always equal the sums over the lists.',
    'x-description-th': 'รายงานสรุป ตัวเลขเท่ากับผลรวมของข้อมูลในรายการเสมอ',
  },
  'Sign-in': {
    description: 'Sign in to the console, second factors, passwords, and the account of the member.',
    'x-description-th': 'เข้าสู่ระบบ ปัจจัยยืนยันตัวตนที่สอง รหัสผ่าน และบัญชีของสมาชิก',
  },
  Applications: {
    description: 'Applications: who they are, what they may see, their secrets, and what would stop without them.',
    'x-description-th': 'แอปที่เชื่อมต่อ สิทธิ์ Secret และสิ่งที่จะหยุดเมื่อเพิกถอน',
  },
  Monitoring: {
    description: 'What applications request, what needs attention, and what is stored.',
    'x-description-th': 'คำขอของแอป เรื่องที่ควรจัดการ และข้อมูลที่เก็บไว้',
  },
  'Personal Data': {
    description: 'Who saw personal data, requests of persons, access documents and erasure.',
    'x-description-th': 'ใครเห็นข้อมูลส่วนบุคคล คำขอของเจ้าของข้อมูล เอกสาร และการลบ',
  },
  Imports: {
    description: 'Check and import files of customers and products.',
    'x-description-th': 'ตรวจสอบและนำเข้าไฟล์ลูกค้าและสินค้า',
  },
  Members: {
    description: 'Members of the business, invitations, and the log of what everybody did.',
    'x-description-th': 'สมาชิกของธุรกิจ คำเชิญ และบันทึกการกระทำของทุกคน',
  },
} satisfies Record<string, { description: string; 'x-description-th': string }>

export type Tag = keyof typeof TAGS
