export const auditMessages = {
  'Everything that members changed in this business. Entries are kept for 2 years.':
    'ทุกอย่างที่สมาชิกเปลี่ยนแปลงในธุรกิจนี้ เก็บไว้ 2 ปี',
  'Nobody has changed anything yet.': 'ยังไม่มีใครเปลี่ยนแปลงอะไร',
  When: 'เวลา',
  Who: 'ผู้กระทำ',
  What: 'การกระทำ',
  'On what': 'สิ่งที่ถูกกระทำ',
  Changed: 'ค่าที่เปลี่ยน',
  'From address {address}': 'จาก IP address {address}',
  'a command on the server': 'คำสั่งบนเซิร์ฟเวอร์',
  Member: 'สมาชิก',
  'All members': 'สมาชิกทุกคน',
  'All actions': 'ทุกการกระทำ',
}
