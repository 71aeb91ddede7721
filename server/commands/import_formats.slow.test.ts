import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { recordId } from '../../sdk/src/index.ts'
import { testDatabase } from '../../test/database.ts'
import { type Business, makeBusiness } from '../../test/factories.ts'
import type { Json } from '../../test/harness.ts'
import { ROOT, splitWords, talads } from '../../test/process.ts'
import { taladProducts, taladSales } from '../ingest/formats/own_columns.ts'
import { OPEN_RECORDS_MAX } from '../limits.ts'

// CSV files of products and sales, in the columns of Talad and as three programs export them. The files are written by hand in
// the shapes that public sources show, with the quirks of real ones.

const { db, url, close } = await testDatabase()
const home = mkdtempSync(join(tmpdir(), 'talad-formats-'))
after(async () => {
  rmSync(home, { recursive: true })
  await close()
})

let business: Business
const env = { DATABASE_URL: url, TALAD_SECRET_KEY: randomBytes(32).toString('hex'), TALAD_DATA_DIR: join(home, 'data') }

/** Runs command lines; `~/` is the folder of this test. */
const run = (...lines: string[]) =>
  talads(
    lines.map((line) => splitWords(line.replaceAll('~/', `${home}/`))),
    env,
  )

const file = (name: string, content: string | Buffer) => {
  writeFileSync(join(home, name), content)
  return name
}

/** The reasons in a file of rejected rows. */
const reasonsIn = (name: string): string[] =>
  rejectsOf(name)
    .split('\n')
    .flatMap((line) => (line.startsWith('# ') ? [line.slice(2)] : []))

const rejectsOf = (name: string) => readFileSync(join(home, `${name}.rejects`), 'utf8')

/** Returns the stored sale with an order number, with its items. */
async function sale(orderNumber: string): Promise<Json> {
  const id = await recordId(business.id, 'sales', orderNumber)
  const [row] = await db`select * from sales where business_id = ${business.id} and id = ${id}`
  assert.ok(row, orderNumber)
  const items = await db`
    select * from sale_items where business_id = ${business.id} and sale_id = ${id} order by position`
  return { ...row, items }
}

const sales = async () => Number((await db`select count(*) from sales where business_id = ${business.id}`)[0]?.count)

before(async () => {
  business = await makeBusiness(db)
  const [first, second] = business.branches
  await db`update branches set name = 'สาขาสยาม', code = 'SIAM' where business_id = ${business.id} and id = ${first.id}`
  await db`update branches set name = 'Riverside Café', code = 'RIV' where business_id = ${business.id} and id = ${second.id}`
})

const PRODUCTS = [
  'product_code,product_name,category,sku_code,sku_name,barcode,price,is_tax_included,track_stock,,',
  'TEA,"ชาไทย ""สูตรเดิม""\nหวานน้อย",เครื่องดื่ม,TEA-S,แก้วเล็ก,8850000000018,"1,250.50",true,yes,,',
  'BAG,ถุงผ้า,,BAG-1,,,฿99,true,no,,',
  'TEA,,,TEA-L,แก้วใหญ่,,65,true,,,',
  '',
].join('\r\n')

const SALES_HEADER =
  'order_number,order_date,branch,status,sku_code,product_name,quantity,unit_price,discount_amount,tax_amount,line_total,service_charge_amount,tip_amount,payment_method,note'

describe('CSV files of Talad', () => {
  test('products: a row for each SKU, grouped by product_code; the same file again changes nothing', async () => {
    file('products.csv', PRODUCTS)
    const [made, again] = await run('import products ~/products.csv', 'import products ~/products.csv --json')
    assert.deepEqual(
      [made?.code, made?.stdout],
      [0, '3 rows with 2 products: 2 created. 1 product has an unknown category, and no category_id.\n'],
      made?.stderr ?? '',
    )
    const [tea] = await db`
      select product_name, skus, external_id from products where business_id = ${business.id} and product_code = 'TEA'`
    assert.equal(tea?.product_name, 'ชาไทย "สูตรเดิม"\nหวานน้อย')
    assert.equal(tea?.external_id, 'TEA')
    assert.deepEqual(
      tea?.skus.map(({ id, sku_code, sku_name, price, barcode, track_stock }: Json) => [
        ...[id, sku_code, sku_name, price, barcode, track_stock],
      ]),
      [
        [await recordId(business.id, 'skus', 'TEA-L'), 'TEA-L', 'แก้วใหญ่', '65', null, false],
        [await recordId(business.id, 'skus', 'TEA-S'), 'TEA-S', 'แก้วเล็ก', '1250.5', '8850000000018', true],
      ],
    )
    const { created, updated, unchanged, unknown_categories } = JSON.parse(again?.stdout ?? '')
    assert.deepEqual([created, updated, unchanged, unknown_categories], [0, 0, 2, 1])
    // A copy of the file is newer, but says the same.
    file('copy.csv', PRODUCTS)
    const [copied] = await run('import products ~/copy.csv')
    assert.match(copied?.stdout ?? '', /^3 rows with 2 products: 2 unchanged\./)
  })

  test('products: mistakes name line and cell', async () => {
    file(
      'wrong_products.csv',
      [
        'product_code,product_name,sku_code,barcode,price,track_stock',
        'A,ก,A-1,8.85E+12,10,no',
        'B,ข,B-1,,free,maybe',
        'C,ค,C-1,,5,no',
        'C,คค,C-2,,"1,23",no',
        'D,ง,,,5,no',
        'E,จ,E-1,,5,no',
        'E,จ,E-1,,6,no',
      ].join('\n'),
    )
    const [outcome] = await run('import products ~/wrong_products.csv --taxes included')
    assert.deepEqual([outcome?.code, outcome?.stdout], [1, '7 rows with 5 products: 5 rejected.\n'])
    assert.deepEqual(reasonsIn('wrong_products.csv'), [
      'line 2: barcode "8.85E+12" is a number that a spreadsheet has rounded: format the column as text',
      'line 3: price must be a number such as 1,234.50, not "free"; track_stock must be true or false, not "maybe"',
      'line 4: product_name in line 5 differs from line 4, but both rows are of C; price in line 5 must be a number such as 1,234.50, not "1,23"',
      'line 6: sku_code is empty',
      'line 7: sku_code in line 8 is already used by skus[0]',
    ])
  })

  test('sales: a row for each item, grouped by order_number; sums, local times, returns and open items', async () => {
    file(
      'sales.csv',
      [
        SALES_HEADER,
        'S-1,2026-06-01 12:21:37,สาขาสยาม,,TEA-L,ชาไทย,2,65,10,8.40,,,20,QR,"น้ำแข็งแยก, ด่วน"',
        'S-2,2026-05-31 23:59,SIAM,,NONE,ของแถม,1,0,,0,,,,,',
        'S-1,2026-06-01 12:22,,,,ค่าห่อ,1,,,0.70,"1,010.00",,,,',
        'S-3,2026-06-01T00:00:00+07:00,riverside café,,TEA-L,ชาไทย,-1,65,,-4.25,,,,CASH,',
        'S-4,2026-06-01,RIV,VOIDED,TEA-L,ชาไทย,1,65,,4.25,,,,,',
        'S-5,2026-06-02 09:00,RIV,,TEA-L,ชาไทย,0.333333,,,0,21.67,2.17,,,',
        '',
      ].join('\n'),
    )
    const [undecided, made, again] = await run(
      'import sales ~/sales.csv',
      'import sales ~/sales.csv --taxes added --no-events',
      'import sales ~/sales.csv --taxes added',
    )
    assert.equal(undecided?.code, 1)
    assert.match(
      undecided?.stderr ?? '',
      /sales\.csv has taxes in the column tax_amount, but does not say whether the prices include them: specify --taxes included or --taxes added\. The rest of the file was not read\.\n$/,
    )
    assert.deepEqual(
      [made?.code, made?.stdout],
      [0, '6 rows with 5 sales: 5 created. 2 items have an empty or unknown SKU code, and no product_sku_id.\n'],
      made?.stderr ?? '',
    )
    assert.match(again?.stdout ?? '', /^6 rows with 5 sales: 5 unchanged\./)

    const one = await sale('S-1')
    assert.deepEqual(
      [one.order_date.toISOString(), one.branch_id, one.status, one.subtotal, one.discount_amount, one.tax_amount],
      ['2026-06-01T05:21:37.000Z', business.branches[0].id, 'COMPLETED', '1130', '10', '9.1'],
    )
    assert.deepEqual(
      [one.tax_added_amount, one.total_amount, one.tip_amount, one.note, one.external_id],
      ['9.1', '1139.1', '20', 'น้ำแข็งแยก, ด่วน', 'S-1'],
    )
    assert.deepEqual(
      one.payments.map(({ method, amount, paid_at }: Json) => [method, amount, paid_at]),
      [['QR', '1159.1', '2026-06-01T05:21:37.000Z']],
    )
    const sku = await recordId(business.id, 'skus', 'TEA-L')
    assert.deepEqual(
      one.items.map((item: Json) => [item.product_sku_id, item.sku_name, Number(item.unit_price), item.line_total]),
      [
        [sku, 'ชาไทย', 65, '120'],
        [null, 'ค่าห่อ', 1010, '1010'],
      ],
    )
    const [gift, back, gone, weighed] = [await sale('S-2'), await sale('S-3'), await sale('S-4'), await sale('S-5')]
    assert.deepEqual([gift.order_date.toISOString(), gift.items[0].product_sku_id], ['2026-05-31T16:59:00.000Z', null])
    assert.deepEqual(gift.items[0].sku_code, 'NONE')
    assert.deepEqual([back.total_amount, back.branch_id], ['-69.25', business.branches[1].id])
    assert.deepEqual([back.payments[0].amount, back.payments[0].method], ['-69.25', 'CASH'])
    assert.deepEqual(
      [gone.status, gone.payments, gone.order_date.toISOString()],
      ['VOIDED', [], '2026-05-31T17:00:00.000Z'],
    )
    assert.deepEqual([weighed.total_amount, weighed.service_charge_amount], ['23.84', '2.17'])
    assert.equal(Number(weighed.items[0].unit_price), 65.010065)
  })

  test('sales: mistakes name line and cell, and a missing branch by name', async () => {
    file(
      'wrong.csv',
      [
        `${SALES_HEADER},is_tax_included`,
        'W-1,2569-06-01 12:00,SIAM,,,ก,1,10,,0,,,,,,true',
        'W-2,2026-06-01 12:00,ภูเก็ต,,,ก,1,10,,0,,,,,,true',
        'W-3,2026-06-01 12:00,SIAM,,,ก,1,10,,0,,,,,,true',
        'W-3,2026-06-01 12:00,RIV,,,ข,one,10,,0,,,,,,true',
        'W-4,2026-06-01 12:00,SIAM,,,ก,1,10,,0,11,,,,,true',
        'W-5,2026-06-01 12:00,SIAM,PAID,,ก,1,10,,0.001,,,,,,true',
        'W-6,2026-06-31 12:00,SIAM,,,,,,,0,,,,,,true',
        ',2026-06-01 12:00,SIAM,,,ก,1,10,,0,,,,,,true',
        'W-7,2026-06-01 25:00,,,,ก,1,10,,0,,,,,,true,more',
        'W-8,2026-06-01 12:00,SIAM,,,ก,1,10,,0,,,x,,,true',
        'W-9,2026-06-01 12:00,SIAM,,,ก,1,10,,0,,,,,,true',
        'W-9,2026-06-02 12:00,SIAM,,,ก,1,10,,0,,,,,,true',
        '',
      ].join('\n'),
    )
    const before = await sales()
    const [outcome] = await run('import sales ~/wrong.csv')
    assert.deepEqual([outcome?.code, await sales()], [1, before])
    assert.equal(outcome?.stdout, '12 rows with 10 sales: 10 rejected.\n')
    assert.deepEqual(reasonsIn('wrong.csv'), [
      'line 2: order_date has the wrong year: 2569 looks like a Buddhist year; send 2026',
      'line 3: branch must be the code or name of a branch, and none has "ภูเก็ต"',
      'line 4: quantity in line 5 must be a number such as 1,234.50, not "one"; branch in line 5 differs from line 4, but both rows are of W-3',
      'line 6: line_total must be 10 (tolerance: less than 0.01): quantity × unit_price − discount_amount; send is_amount_fixed true to keep the amount that was sent',
      'line 7: status must be one of OPEN, COMPLETED, PARTIALLY_REFUNDED, REFUNDED, VOIDED',
      'line 7: tax_amount must have at most 2 decimal places',
      'line 8: quantity is empty; line_total is empty; product_name is empty; order_date must be a time such as 2026-10-01 23:50, not "2026-06-31 12:00"',
      'line 9: order_number is empty',
      'line 10: has 17 cells, but the header has 16; order_date must be a time such as 2026-10-01 23:50, not "2026-06-01 25:00"; branch is empty',
      'line 11: tip_amount must be a number such as 1,234.50, not "x"',
      'line 12: order_date in line 13 differs from line 12, but both rows are of W-9',
    ])
  })
})

describe('files of other programs', () => {
  // Loyverse writes the time in the form of the account. Rows are in the order of the newest receipt.
  const LOYVERSE =
    'Date,Receipt number,Receipt type,Category,SKU,Item,Variant,Modifiers applied,Quantity,Gross sales,Discounts,Net sales,Cost of goods,Gross profit,Taxes,Dining option,POS,Store,Cashier name,Customer name,Customer contacts,Comment,Status'
  const loyverse = [
    LOYVERSE,
    '28/7/26 1:33 PM,4-10378,Sale,เครื่องดื่ม,TEA-L,ชาไทย,แก้วใหญ่,"หวานน้อย, เพิ่มไข่มุก",2.000,150.00,10.00,140.00,40.00,100.00,9.16,Dine in,POS 1,สาขาสยาม,สมหญิง,,,,Closed',
    '28/7/26 1:33 PM,4-10378,Sale,,99999,"ขนม ""พิเศษ""",,,0.355,35.50,0.00,35.50,9.00,26.50,2.32,Dine in,POS 1,สาขาสยาม,สมหญิง,,,,Closed',
    '28/7/26 12:57 PM,4-10377,Refund,เครื่องดื่ม,TEA-L,ชาไทย,แก้วใหญ่,,1.000,75.00,5.00,70.00,20.00,50.00,4.58,Takeout,POS 1,สาขาสยาม,สมหญิง,,,,Closed',
    '28/7/26 12:03 PM,4-10376,Sale,,TEA-L,ชาไทย,แก้วใหญ่,,1.000,75.00,0.00,75.00,20.00,55.00,4.91,Grab,POS 1,สาขาสยาม,สมหญิง,,,"line one\nline two",Cancelled',
    '28/7/26 12:00 AM,4-10375,Sale,,TEA-L,ชาไทย,,,-1,"-1,075.00",0.00,"-1,075.00",,,-70.33,Delivery,POS 1,สาขาสยาม,สมหญิง,,,,Closed',
    '',
  ].join('\r\n')

  test('Loyverse: receipts by item, with refunds, cancelled receipts and modifiers', async () => {
    file('loyverse.csv', loyverse)
    const said = '--from loyverse --taxes included'
    const [undated, undecided, made, again] = await run(
      `import sales ~/loyverse.csv ${said}`,
      'import sales ~/loyverse.csv --from loyverse --dates dmy',
      `import sales ~/loyverse.csv ${said} --dates dmy`,
      `import sales ~/loyverse.csv ${said} --dates dmy`,
    )
    assert.match(
      undated?.stderr ?? '',
      /loyverse\.csv has dates such as 28\/7\/26, which do not say whether the day comes first: specify --dates dmy or --dates mdy\./,
    )
    assert.match(
      undecided?.stderr ?? '',
      /has taxes in the column Taxes, but does not say whether the prices include them/,
    )
    assert.deepEqual(
      [made?.code, made?.stdout],
      [0, '5 rows with 4 sales: 4 created. 1 item has an empty or unknown SKU code, and no product_sku_id.\n'],
      made?.stderr ?? '',
    )
    assert.match(again?.stdout ?? '', /^5 rows with 4 sales: 4 unchanged\./)
    const [sold, refund, cancelled, midnight] = await Promise.all(
      ['4-10378', '4-10377', '4-10376', '4-10375'].map(sale),
    )
    assert.deepEqual(
      [sold.order_date.toISOString(), sold.total_amount, sold.tax_amount, sold.tax_added_amount, sold.channel],
      ['2026-07-28T06:33:00.000Z', '175.5', '11.48', '0', 'DINE_IN'],
    )
    assert.deepEqual([sold.register_ref, sold.staff_ref, sold.customer_id], ['POS 1', null, null])
    assert.deepEqual(
      sold.items.map((item: Json) => [item.product_name, item.note, item.line_total, item.product_sku_id === null]),
      [
        ['ชาไทย', 'หวานน้อย, เพิ่มไข่มุก', '140', false],
        ['ขนม "พิเศษ"', null, '35.5', true],
      ],
    )
    assert.deepEqual(
      [refund.total_amount, refund.discount_amount, refund.status, refund.items[0].quantity, refund.payments[0].amount],
      ['-70', '-5', 'COMPLETED', '-1', '-70'],
    )
    assert.deepEqual([cancelled.status, cancelled.payments, cancelled.channel], ['VOIDED', [], 'Grab'])
    assert.deepEqual([midnight.order_date.toISOString(), midnight.total_amount], ['2026-07-27T17:00:00.000Z', '-1075'])
  })

  test('Loyverse: a later export with a cancelled receipt replaces the sale', async () => {
    file('later.csv', [LOYVERSE, ...loyverse.split('\r\n').slice(1, 3)].join('\n').replaceAll(',Closed', ',Cancelled'))
    const [outcome] = await run('import sales ~/later.csv --from loyverse --taxes included --dates dmy --json')
    const { updated, unchanged } = JSON.parse(outcome?.stdout ?? '')
    assert.deepEqual([updated, unchanged], [1, 0])
    assert.equal((await sale('4-10378')).status, 'VOIDED')
  })

  test('Loyverse: items, grouped by handle, without the parts of composite items', async () => {
    file(
      'items.csv',
      [
        'Handle,SKU,Name,Category,Description,Sold by weight,Option 1 name,Option 1 value,Option 2 name,Option 2 value,Option 3 name,Option 3 value,Cost,Barcode,SKU of included item,Quantity of included item,Track stock,Available for sale [สาขาสยาม],Price [สาขาสยาม],In stock [สาขาสยาม],Low stock [สาขาสยาม]',
        'ชาเขียว,20001,ชาเขียว,เครื่องดื่ม,,N,ขนาด,เล็ก,น้ำแข็ง,มาก,,,20.00,8850000000117,,,Y,Y,"1,050.00",5,1',
        'ชาเขียว,20002,,,,N,,ใหญ่,,,,,20.00,,,,Y,Y,60.00,5,1',
        'set,20003,ชุดคู่,,,N,,,,,,,0.00,,20001,1,N,Y,variable,,',
        'set,,,,,,,,,,,,,,20002,1,,,,,',
        '',
      ].join('\n'),
    )
    const [undecided, made] = await run(
      'import products ~/items.csv --from loyverse',
      'import products ~/items.csv --from loyverse --taxes included',
    )
    assert.match(undecided?.stderr ?? '', /does not say whether the prices include the taxes: specify --taxes included/)
    assert.match(made?.stdout ?? '', /^4 rows with 2 products: 2 created\./, made?.stderr ?? '')
    const rows = await db`
      select product_name, skus from products where business_id = ${business.id} and product_code in ('ชาเขียว', 'set')
      order by product_name collate "C"`
    assert.deepEqual(
      rows.map(({ product_name, skus }) => [
        product_name,
        skus.map((sku: Json) => [sku.sku_code, sku.sku_name, sku.price]),
      ]),
      [
        [
          'ชาเขียว',
          [
            ['20001', 'เล็ก / มาก', '1050'],
            ['20002', 'ใหญ่', '60'],
          ],
        ],
        ['ชุดคู่', [['20003', 'ชุดคู่', '0']]],
      ].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
    )
  })

  const SQUARE =
    'Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Dining Option,Customer ID,Customer Name,Customer Reference ID,Unit,Count,GTIN,Itemization Type,Commission,Employee,Fulfillment Note,Channel,Token,Card Brand,PAN Suffix'

  test('Square: items detail, where a refund has the transaction of its sale', async () => {
    const zone = 'Bangkok'
    const place = 'Riverside Café'
    file(
      'square.csv',
      [
        `\ufeff${SQUARE}`,
        `2026-07-11,11:44:50,${zone},None,ชาไทย,-1.0,Large,TEA-L,"16oz, Oat Milk",-$9.00,$0.00,-$9.00,-$0.63,TX1,PAY9,Terminal,Accidental,https://example,Refund,${place},"","","","",ea,-1,"",Physical Good,$0.00,"","",${place},T,Visa,7084`,
        `2026-07-10,19:01:00,${zone},None,ชาไทย,2.0,Large,TEA-L,"16oz, Oat Milk",$18.00,-$3.00,$15.00,$1.05,TX1,PAY1,Terminal,"",https://example,Payment,${place},For Here,"","","",ea,2,"",Physical Good,$0.00,"","",${place},T,Visa,7084`,
        `2026-07-10,19:01:00,${zone},None,Custom Amount,1.0,"","","","$1,000.00",$0.00,"$1,000.00",$70.00,TX1,PAY1,Terminal,"",https://example,Payment,${place},For Here,"","","",ea,1,"",Custom Amount,$0.00,"","",${place},T,Visa,7084`,
        `2026-07-10,19:02:00,${zone},None,ชาไทย,1.0,"","","",$9.00,$0.00,$9.00,$0.63,TX2,PAY2,Terminal,"",https://example,Exchange,${place},"","","","",ea,1,"",Physical Good,$0.00,"","",${place},T,Visa,7084`,
        '',
      ].join('\n'),
    )
    const [made] = await run('import sales ~/square.csv --from square --taxes added')
    assert.deepEqual(
      [made?.code, made?.stdout],
      [
        1,
        '4 rows with 3 sales: 1 rejected, 2 created. 1 item has an empty or unknown SKU code, and no product_sku_id.\n',
      ],
      made?.stderr ?? '',
    )
    assert.deepEqual(reasonsIn('square.csv'), ['line 5: Event Type must be one of Payment, Refund, not "Exchange"'])
    const [sold, refund] = [await sale('TX1'), await sale('PAY9')]
    assert.deepEqual(
      [sold.order_date.toISOString(), sold.total_amount, sold.discount_amount, sold.tax_added_amount, sold.channel],
      ['2026-07-10T12:01:00.000Z', '1086.05', '3', '71.05', 'DINE_IN'],
    )
    assert.deepEqual([refund.total_amount, refund.return_of, refund.order_number], ['-9.63', sold.id, 'PAY9'])
  })

  test('Square: the item library, grouped by name', async () => {
    file(
      'library.csv',
      [
        'Token,Item Name,Variation Name,SKU,Description,Category,GTIN,Price,Tax - VAT (7%)',
        'TOK1,Candle,Small,,Soy wax,Home,,$12.00,Y',
        'TOK2,Candle,Large,C-L,Soy wax,Home,8850000000216,18,Y',
        'TOK3,Mug,Regular,,,,,variable,Y',
        '',
      ].join('\n'),
    )
    const [made, again] = await run(
      'import products ~/library.csv --from square --taxes added',
      'import products ~/library.csv --from square --taxes added',
    )
    assert.match(made?.stdout ?? '', /^3 rows with 2 products: 2 created\./, made?.stderr ?? '')
    assert.match(again?.stdout ?? '', /^3 rows with 2 products: 2 unchanged\./)
    const [{ skus } = { skus: [] }] = await db`
      select skus from products where business_id = ${business.id} and product_code = 'Candle'`
    assert.deepEqual(
      skus.map((sku: Json) => [sku.id, sku.sku_code, sku.sku_name, sku.price, sku.is_tax_included]),
      [
        [await recordId(business.id, 'skus', 'TOK1'), '', 'Small', '12', false],
        [await recordId(business.id, 'skus', 'TOK2'), 'C-L', 'Large', '18', false],
      ],
    )
  })

  test('StoreHub: transactions, with rows for the summary, the service charge and payments', async () => {
    file(
      'storehub.csv',
      [
        'Time,Receipt Number,Item,Category,Quantity,SubTotal,Discount,Tax,Service Charge,Store Name',
        '2026-01-06 08:15:00,R001,,,,,,,,SIAM',
        '2026-01-06 08:15:00,R001,Service Charge,,,0,0,3.5,50,SIAM',
        '2026-01-06 08:15:00,R001,ข้าวหน้าเป็ด,Rice Bowls,1,350,-35,22.05,0,SIAM',
        '2026-01-06 08:15:00,R001,Iced Coffee,Espresso Bar,1,150,0,10.5,0,SIAM',
        '2026-01-06 08:15:00,R001,Payment: Cash,,,,,,,SIAM',
        '2026-01-06 08:16:00,R002,,,,,,,,SIAM',
        '',
      ].join('\n'),
    )
    const [made] = await run('import sales ~/storehub.csv --from storehub')
    assert.deepEqual(
      [made?.code, made?.stdout],
      [
        1,
        '6 rows with 2 sales: 1 rejected, 1 created. 2 items have an empty or unknown SKU code, and no product_sku_id.\n',
      ],
      made?.stderr ?? '',
    )
    assert.deepEqual(reasonsIn('storehub.csv'), ['line 7: belongs to R002, which has no row with an item'])
    const sold = await sale('R001')
    assert.deepEqual(
      [sold.subtotal, sold.discount_amount, sold.service_charge_amount, sold.tax_amount, sold.tax_added_amount],
      ['465', '35', '50', '36.05', '36.05'],
    )
    assert.deepEqual([sold.total_amount, sold.items.length], ['551.05', 2])
  })
})

describe('the form of the files', () => {
  /** Windows-874, implemented independently of our decoder. */
  const thai = (text: string) =>
    Buffer.from([...text].map((one) => (one >= '\u0e00' ? one.charCodeAt(0) - 0x0e00 + 0xa0 : one.charCodeAt(0))))

  test('every encoding and separator of Excel in Thailand gives the same sales', async () => {
    const encodings: [name: string, encode: (text: string) => Buffer][] = [
      ['utf8', (text) => Buffer.from(text)],
      ['bom', (text) => Buffer.from(`\ufeff${text}`)],
      ['thai', thai],
      ['utf16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
    ]
    const names: string[] = []
    for (const [name, encode] of encodings)
      for (const [at, separator] of [',', ';', '\t'].entries()) {
        const rows = [
          ['Order_Number', 'ORDER_DATE', 'branch', 'product_name', 'quantity', 'line_total', '', ''],
          [`F-${name}-${at}`, '1/6/2026 9:05', 'สาขาสยาม', '"ก๋วยเตี๋ยว\nต้มยำ"', '1', '"1,050.00"', '', ''],
          [`F-${name}-${at}`, '', '', 'น้ำ', '2', '20', '', ''],
          ['', '', '', '', '', '', '', ''],
        ]
        names.push(file(`${name}${at}.csv`, encode(rows.map((cells) => `${cells.join(separator)}\r\n`).join(''))))
      }
    const outcomes = await run(...names.map((name) => `import sales ~/${name} --dates dmy`))
    for (const [at, { code, stdout, stderr }] of outcomes.entries()) {
      assert.deepEqual(
        [names[at], code, stdout.split('.')[0]],
        [names[at], 0, '2 rows with 1 sales: 1 created'],
        stderr,
      )
    }
    for (const [name] of encodings)
      for (const at of [0, 1, 2]) {
        const { total_amount, order_date, items } = await sale(`F-${name}-${at}`)
        assert.deepEqual([total_amount, order_date.toISOString()], ['1070', '2026-06-01T02:05:00.000Z'])
        assert.deepEqual(
          items.map(({ product_name }: Json) => product_name),
          ['ก๋วยเตี๋ยว\nต้มยำ', 'น้ำ'],
        )
      }
  })

  test('a header without a required column, or with an unknown or repeated one, is one sentence that names it', async () => {
    const head = 'order_number,order_date,branch,product_name,quantity'
    const files: [options: string, header: string, mistake: string][] = [
      ['', head.replace('branch,', ''), 'does not have the columns of sales: branch is missing'],
      [
        '',
        `${head},unit_prices`,
        'does not have the columns of sales: unit_prices is unknown; did you mean unit_price?',
      ],
      ['', `${head},branch`, 'does not have the columns of sales: branch appears twice'],
      [
        '--from loyverse',
        'วันที่,เลขที่ใบเสร็จ',
        'does not have the columns of the export “Receipts by item” of Loyverse in English: Receipt number is missing; Date is missing; Receipt type is missing; Status is missing; Store is missing; SKU is missing; Item or Item name is missing; Quantity is missing; Gross sales is missing; Net sales is missing; Taxes is missing',
      ],
      [
        '--from square',
        'Date,Time,Item,Qty,SKU,Gross Sales,Net Sales,Tax,Transaction ID,Event Type,Location',
        'does not have the columns of the “Items detail CSV” of Square: Payment ID is missing',
      ],
      [
        '--from storehub',
        'Time,Receipt Number,Item,Quantity,SubTotal,Discount,Tax',
        'does not have the columns of the transactions of StoreHub: Store or Store Name is missing',
      ],
    ]
    for (const [at, [, header]] of files.entries()) file(`head${at}.csv`, `${header}\n1,2,3\n`)
    const outcomes = await run(...files.map(([options], at) => `import sales ~/head${at}.csv ${options}`.trim()))
    for (const [at, [, , mistake]] of files.entries())
      assert.equal(
        outcomes[at]?.stderr.trim().split('\n').at(-1),
        `${home}/head${at}.csv ${mistake}. The rest of the file was not read.`,
      )
  })

  test('rows of a sale may be apart, but not so far that a part of it was written', async () => {
    const row = (number: string, product: string) => `${number},2026-06-01 09:00,SIAM,${product},1,10`
    const others = Array.from({ length: OPEN_RECORDS_MAX }, (_, at) => row(`M-${at}`, 'ก'))
    file(
      'mixed.csv',
      [
        'order_number,order_date,branch,product_name,quantity,line_total',
        row('NEAR', 'ก'),
        row('FAR', 'ก'),
        ...others.slice(0, 40),
        row('NEAR', 'ข'),
        ...others.slice(40),
        row('FAR', 'ข'),
        '',
      ].join('\n'),
    )
    const before = await sales()
    const [outcome] = await run('import sales ~/mixed.csv --json')
    const { rows, created, rejected } = JSON.parse(outcome?.stdout ?? '')
    assert.deepEqual([rows, created, rejected], [others.length + 4, others.length + 2, 1])
    assert.equal(await sales(), before + others.length + 2)
    assert.equal((await sale('NEAR')).items.length, 2)
    assert.match(rejectsOf('mixed.csv'), /^# line \d+: belongs to FAR, whose other rows are far before: sort the file/m)
  })

  test('options that do not fit are named', async () => {
    file('any.csv', 'a\n')
    file('any.ndjson', '')
    const outcomes = await run(
      'import customers ~/any.csv --from square',
      'import products ~/any.csv --from storehub',
      'import sales ~/any.csv --from shopify',
      'import sales ~/any.ndjson --taxes added',
      'import suppliers ~/any.csv --dates dmy',
      'import sales ~/any.ndjson --from square --format ndjson',
      'import purchase-orders ~/any.csv',
    )
    assert.deepEqual(
      outcomes.map(({ code, stderr }) => `${code} ${stderr.trim()}`),
      [
        '2 --from is for products, sales, not for customers.',
        '2 --from storehub has no products: it has loyverse, square.',
        '2 --from must be one of loyverse, square, storehub, not shopify.',
        '2 --taxes is for CSV files of products, sales.',
        '2 --dates is for CSV files of customers, products, sales.',
        '2 --from is for CSV: NDJSON is always UTF-8.',
        '2 purchase-orders contain lists, which CSV does not support: use NDJSON, one record per line.',
      ],
    )
  })
})

describe('mended files of rejected rows', () => {
  test('sales: the file is imported as it is, also after a spreadsheet program has saved it', async () => {
    file(
      'broken.csv',
      [
        'order_number,order_date,branch,product_name,quantity,line_total',
        'R-1,2026-06-01 09:00,SIAM,"ก, ""ข""",1,10',
        'R-2,2026-06-01 09:00,SIAM,"ก, ""ข""",one,10',
        'R-2,2026-06-01 09:00,SIAM,ค,2,20',
        'R-3,2026-06-01 09:00,ไม่มี,ง,2,20',
        '',
      ].join('\n'),
    )
    await run('import sales ~/broken.csv')
    const mended = rejectsOf('broken.csv').replace(',one,', ',1,').replaceAll('ไม่มี', 'SIAM')
    // Excel quotes and pads the reasons, and uses semicolons and Windows-874.
    const cells = mended
      .split('\n')
      .map((line) => (line.startsWith('# ') ? `"${line.replaceAll('"', '""')}",,,,,` : line))
    const saved = cells.map((line) => line.replaceAll(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/g, ';')).join('\r\n')
    file('broken.csv.rejects', mended)
    file(
      'saved.csv.rejects',
      Buffer.from([...saved].map((one) => (one >= '\u0e00' ? one.charCodeAt(0) - 0xe00 + 0xa0 : one.charCodeAt(0)))),
    )
    const [made, again] = await run('import sales ~/broken.csv.rejects', 'import sales ~/saved.csv.rejects')
    assert.match(made?.stdout ?? '', /^3 rows with 2 sales: 2 created\./, made?.stderr ?? '')
    assert.match(again?.stdout ?? '', /^3 rows with 2 sales: 2 unchanged\./, again?.stderr ?? '')
    assert.equal((await sale('R-2')).items[0].product_name, 'ก, "ข"')
  })
})

describe('the documentation', () => {
  const page = (path: string) => readFileSync(join(ROOT, path), 'utf8')

  test('docs/command-line.md lists the columns, with the required ones in bold', () => {
    const text = page('docs/command-line.md')
    for (const [name, { columns }] of Object.entries({ products: taladProducts, sales: taladSales })) {
      const row = new RegExp(`^\\| ${name} \\| an? \\w+ \\| (.*) \\|$`, 'm').exec(text)?.[1] ?? ''
      const shown = Object.entries(columns).map(([column, { isOptional }]) => (isOptional ? column : `**${column}**`))
      assert.deepEqual(row.split(', ').toSorted(), shown.toSorted(), name)
    }
  })

  test('the CSV of the guide is imported, in both languages', async () => {
    await db`update branches set code = 'PKT01' where business_id = ${business.id} and id = ${business.branches[1].id}`
    const [en, th] = ['en', 'th'].map((lang) => {
      const guide = page(`site/guides/${lang}/ingest.md`)
      return /^```csv\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? assert.fail()
    })
    assert.equal(en, th)
    file('guide.csv', en ?? '')
    const [made] = await run('import sales ~/guide.csv')
    assert.match(made?.stdout ?? '', /^2 rows with 1 sales: 1 created\./, made?.stderr ?? '')
    assert.equal((await sale('PKT01-0002')).total_amount, '380')
  })
})
