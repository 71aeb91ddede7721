export const businessMessages = {
  'No branches yet. The POS sends them.': 'ยังไม่มีสาขา ข้อมูลสาขามาจาก POS',
  Business: 'ธุรกิจ',
  'The name of the business, how days are counted, and what the law wants to know.':
    'ชื่อธุรกิจ วิธีนับวันทำการ และเอกสารตามกฎหมาย',
  'Business name': 'ชื่อธุรกิจ',
  'Time zone': 'เขตเวลา',
  'Start of the business day': 'เวลาเริ่มวันทำการ',
  'For a shop that is open past midnight: sales before this time count for the day before. It was set when the business was created.':
    'สำหรับร้านที่เปิดหลังเที่ยงคืน บิลก่อนเวลานี้นับเป็นยอดของวันก่อนหน้า กำหนดไว้ตอนสร้างธุรกิจ',
  Currency: 'สกุลเงิน',
  'Language of new members and of pages for customers': 'ภาษาของสมาชิกใหม่และหน้าสำหรับลูกค้า',
  'Each member can choose another one for the console.': 'สมาชิกแต่ละคนเลือกภาษาของคอนโซลเองได้',
  'Days that the request log is kept': 'จำนวนวันที่เก็บบันทึกคำขอ',
  'From 7 to 90. Older requests disappear from the log at once and are deleted within an hour.':
    'ตั้งแต่ 7 ถึง 90 วัน คำขอที่เก่ากว่านี้หายไปจากบันทึกทันที และถูกลบถาวรภายในหนึ่งชั่วโมง',
  Retention: 'ระยะเวลาการเก็บข้อมูล',
  'Kept for': 'เก็บไว้',
  'until they are erased': 'จนกว่าจะลบ',
  '{days} days': '{days} วัน',
  'Records of customers': 'ข้อมูลลูกค้า',
  'Event log': 'บันทึก Event',
  'Deliveries of webhooks': 'ประวัติการส่ง Webhook',
  'Record of processing': 'บันทึกรายการกิจกรรม (RoPA)',
  'The record of processing activities that the PDPA asks for, made from what the applications are for.':
    'บันทึกรายการกิจกรรมการประมวลผลตาม PDPA สร้างจากวัตถุประสงค์ที่ระบุไว้ของแต่ละแอปพลิเคชัน',
  'Download the record': 'ดาวน์โหลดบันทึก',
}
