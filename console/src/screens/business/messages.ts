export const businessMessages = {
  Business: 'ธุรกิจ',
  'The name of the business, how days are counted, and what the law wants to know.':
    'ชื่อธุรกิจ วิธีนับวันทำการ และเอกสารตามกฎหมาย',
  'Business name': 'ชื่อธุรกิจ',
  'Time zone': 'เขตเวลา',
  'Start of the business day': 'เวลาเริ่มวันทำการ',
  Currency: 'สกุลเงิน',
  'Record of processing': 'บันทึกรายการกิจกรรม (RoPA)',
  'The record of processing activities that the PDPA asks for, made from what the applications are for.':
    'บันทึกรายการกิจกรรมการประมวลผลตาม PDPA สร้างจากวัตถุประสงค์ที่ระบุไว้ของแต่ละแอปพลิเคชัน',
  'Download the record': 'ดาวน์โหลดบันทึก',
}
