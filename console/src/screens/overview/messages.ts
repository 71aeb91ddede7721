export const overviewMessages = {
  Overview: 'ภาพรวม',
  'How applications used the data of your shop, today and in the last 30 days. One request is one time that an application read or sent data.':
    'แอปใช้ข้อมูลของร้านอย่างไร ในวันนี้และ 30 วันที่ผ่านมา คำขอหนึ่งครั้งคือแอปอ่านหรือส่งข้อมูลหนึ่งครั้ง',
  'No application has used the data in the last 30 days.': 'ไม่มีแอปใดใช้ข้อมูลใน 30 วันที่ผ่านมา',
  'Show the applications': 'ดูแอปที่เชื่อมต่อ',
  'The request log lacks {count, plural, one {# request} other {# requests}} that are counted here, because too many came at once.':
    'บันทึกคำขอขาดไป {count, plural, other {#}} รายการที่นับรวมในหน้านี้ เพราะมีคำขอเข้ามาพร้อมกันมากเกินไป',
  Requests: 'จำนวนคำขอ',
  'Failed requests': 'คำขอที่ไม่สำเร็จ',
  'Usual response time': 'เวลาตอบตามปกติ',
  '19 of 20 responses within': '19 ใน 20 ครั้งตอบภายใน',
  'Notifications sent (webhooks)': 'การแจ้งเตือนที่ส่ง (Webhook)',
  'Changes of data': 'การเปลี่ยนแปลงข้อมูล',
  Totals: 'ยอดรวม',
  'today; in 30 days: {value}': 'วันนี้ (30 วันที่ผ่านมา: {value})',
  'Requests by day': 'คำขอรายวัน',
  'Response time by day (1,000 milliseconds are one second)': 'เวลาตอบรายวัน (1,000 มิลลิวินาทีเท่ากับ 1 วินาที)',
  Successful: 'สำเร็จ',
  Failed: 'ไม่สำเร็จ',
  Day: 'วัน',
  'Changes of data by day': 'การเปลี่ยนแปลงข้อมูลรายวัน',
  'Notifications by day (webhooks)': 'การแจ้งเตือนรายวัน (Webhook)',
  Delivered: 'ส่งสำเร็จ',
  'Not delivered': 'ยังส่งไม่สำเร็จ',
  'Requests by application, 30 days': 'คำขอแยกตามแอป 30 วัน',
  'Refused: too many at once': 'ถูกปฏิเสธเพราะถี่เกินไป',
  'Needs attention': 'เรื่องที่ควรจัดการ',
  'Nothing needs your attention.': 'ไม่มีเรื่องที่ต้องจัดการ',
  'Look at it': 'ดูรายละเอียด',
  'And {count} more.': 'และอีก {count} เรื่อง',
  'Notifications to {name} have failed since {at}. Tell whoever runs that address.':
    'ส่งการแจ้งเตือนไปที่ {name} ไม่สำเร็จตั้งแต่ {at} ให้แจ้งผู้ดูแลปลายทางนี้',
  'Notifications to {name} were stopped, because they failed for days. Resume them when the address works again.':
    'หยุดส่งการแจ้งเตือนไปที่ {name} แล้ว เพราะส่งไม่สำเร็จติดต่อกันหลายวัน ให้ส่งต่อเมื่อปลายทางใช้งานได้',
  '{name} asked too often: {count, plural, one {# request was} other {# requests were}} refused within a day. Ask whoever runs it to send fewer, or raise its requests per second.':
    '{name} ส่งคำขอถี่เกินไป จึงถูกปฏิเสธ {count, plural, other {#}} ครั้งใน 24 ชั่วโมง ให้ผู้ดูแลแอปส่งห่างขึ้น หรือเพิ่มจำนวนคำขอต่อวินาทีให้',
  '{name} may see contact data of customers, and has not used it for 30 days. Take it back if nobody needs it.':
    '{name} มีสิทธิ์เห็นข้อมูลติดต่อของลูกค้า แต่ไม่ได้ใช้มา 30 วัน หากไม่จำเป็นแล้ว ให้ถอนสิทธิ์',
  'A secret (password) of {name} has not been used for 30 days. Revoke it if nobody needs it.':
    'Secret (รหัสผ่านของแอป) ของ {name} ไม่ได้ใช้มา 30 วัน หากไม่จำเป็นแล้ว ให้เพิกถอน',
  'A secret (password) of {name} is older than a year. Replace it with a new one.':
    'Secret (รหัสผ่านของแอป) ของ {name} ใช้มานานกว่าหนึ่งปี ควรเปลี่ยนใหม่',
  'A customer waits for an answer about their data. Time limit: {since}.': 'ลูกค้ารอคำตอบเรื่องข้อมูลของตน ครบกำหนด: {since}',
  '{name} was paused {since}. Resume it, or revoke it if nobody needs it.':
    '{name} ถูกหยุดชั่วคราวมาตั้งแต่ {since} ให้ทำงานต่อ หรือเพิกถอนหากไม่มีใครใช้แล้ว',
  'Events that wait for it are deleted from {at} on.': 'Event ที่รอส่งจะเริ่มถูกลบตั้งแต่ {at}',
  '{name} sent so many requests that {count} of them are not in the request log.':
    '{name} ส่งคำขอมากจนบันทึกคำขอเก็บไม่ทัน ขาดไป {count} รายการ',
}
