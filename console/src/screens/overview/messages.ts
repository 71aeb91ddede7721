export const overviewMessages = {
  Overview: 'ภาพรวม',
  'What applications did today and in the last 30 days.': 'สิ่งที่แอปทำในวันนี้และ 30 วันที่ผ่านมา',
  'No application has sent a request in this time.': 'ยังไม่มีแอปใดส่งคำขอในช่วงนี้',
  'Show the applications': 'ดูแอปที่เชื่อมต่อ',
  '{count, plural, one {# request is} other {# requests are}} counted here, but not in the request log.':
    'มีคำขอ {count, plural, other {#}} รายการที่นับรวมในหน้านี้ แต่ไม่มีในบันทึกคำขอ',
  Requests: 'จำนวนคำขอ',
  'Failed requests': 'คำขอที่ไม่สำเร็จ',
  'Half are answered within': 'คำขอครึ่งหนึ่งได้คำตอบภายใน',
  '95% are answered within': 'คำขอ 95% ได้คำตอบภายใน',
  'Webhook deliveries': 'การส่ง Webhook',
  Events: 'Event',
  Totals: 'ยอดรวม',
  'today; in 30 days: {value}': 'วันนี้ (30 วันที่ผ่านมา: {value})',
  'Requests by day': 'คำขอรายวัน',
  'Response time by day, in milliseconds': 'เวลาตอบรายวัน (มิลลิวินาที)',
  Successful: 'สำเร็จ',
  Failed: 'ไม่สำเร็จ',
  Day: 'วัน',
  'Events by day': 'Event รายวัน',
  'Webhook deliveries by day': 'การส่ง Webhook รายวัน',
  Delivered: 'ส่งสำเร็จ',
  'Not delivered': 'ยังส่งไม่สำเร็จ',
  'Requests by application, 30 days': 'คำขอแยกตามแอป 30 วัน',
  'Beyond the rate limit': 'เกิน Rate limit',
  'Needs attention': 'เรื่องที่ควรจัดการ',
  'Nothing needs your attention.': 'ไม่มีเรื่องที่ต้องจัดการ',
  'Look at it': 'ดูรายละเอียด',
  'And {count} more.': 'และอีก {count} เรื่อง',
  'The webhook to {name} has been failing since {at}.': 'Webhook ไปยัง {name} ส่งไม่สำเร็จตั้งแต่ {at}',
  'The webhook to {name} was stopped after days of failures.': 'Webhook ไปยัง {name} ถูกหยุด เพราะส่งไม่สำเร็จติดต่อกันหลายวัน',
  '{name} reached its rate limit {count, plural, one {# time} other {# times}} within a day. It must send fewer requests, or needs a higher limit.':
    '{name} ส่งคำขอเกิน Rate limit {count, plural, other {#}} ครั้งภายใน 24 ชั่วโมง ต้องส่งให้น้อยลง หรือเพิ่ม Rate limit ให้',
  '{name} may see contact data of customers, and has not used it for 30 days. Take it back if nobody needs it.':
    '{name} มีสิทธิ์เห็นข้อมูลติดต่อของลูกค้า แต่ไม่ได้ใช้มา 30 วัน ถอนสิทธิ์ได้หากไม่มีใครต้องการ',
  'A secret of {name} has not been used for 30 days. Revoke it if nobody needs it.':
    'Secret ของ {name} ไม่ได้ใช้มา 30 วัน เพิกถอนได้หากไม่มีใครต้องการ',
  'A secret of {name} is older than a year. Replace it by a new one.':
    'Secret ของ {name} มีอายุเกินหนึ่งปี ควรเปลี่ยนเป็น Secret ใหม่',
  'A request of a customer about their data is due: {since}.': 'คำขอของลูกค้าเกี่ยวกับข้อมูลของตนครบกำหนด: {since}',
  '{name} sent so many requests that {count} of them are not in the request log.':
    '{name} ส่งคำขอมากจน {count} รายการไม่มีในบันทึกคำขอ',
}
