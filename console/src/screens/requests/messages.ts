export const requestsMessages = {
  'Request log': 'บันทึกคำขอ',
  'The requests of applications, at most of the last 90 days. What they searched for and sent is not kept.':
    'คำขอของแอปในช่วงไม่เกิน 90 วันที่ผ่านมา ไม่เก็บคำที่ค้นหาและข้อมูลที่ส่ง',
  'Accepted in part': 'รับไว้บางส่วน',
  'No application has sent a request yet.': 'ยังไม่มีแอปใดส่งคำขอ',
  'Unknown path': 'ไม่มี path นี้',
  Request: 'คำขอ',
  Duration: 'เวลาที่ใช้',
  'connection lost': 'การเชื่อมต่อขาด',
  'All results': 'ทุกผลลัพธ์',
  'Failed: the application was wrong (400–499)': 'ไม่สำเร็จ: แอปส่งคำขอผิด (400–499)',
  'Failed: rate limit (429)': 'ไม่สำเร็จ: เกิน Rate limit (429)',
  'Failed: this server had a problem (500–599)': 'ไม่สำเร็จ: เซิร์ฟเวอร์มีปัญหา (500–599)',
  'All requests': 'คำขอทุกชนิด',
  'All data sent': 'การส่งข้อมูลเข้าทั้งหมด',
  'Request ID': 'หมายเลขคำขอ',
  'The header X-Request-Id of a response': 'จาก Header X-Request-Id ของคำตอบ',
  'A request': 'รายละเอียดคำขอ',
  'Back to the request log': 'กลับไปที่บันทึกคำขอ',
  Path: 'เส้นทาง (path)',
  Parameters: 'พารามิเตอร์',
  none: 'ไม่มี',
  'Client address': 'IP address',
  'Only admins and owners see it.': 'เห็นได้เฉพาะสิทธิ์ admin และ owner',
  'The application sent something that this request does not allow. Its developer must correct it.':
    'แอปส่งข้อมูลที่คำขอนี้ไม่รองรับ ผู้พัฒนาแอปต้องแก้ไข',
  'The secret was wrong or revoked. The application needs a secret that is valid.':
    'Secret ไม่ถูกต้องหรือถูกยกเลิกแล้ว แอปต้องใช้ Secret ที่ใช้ได้',
  'The application may not see this. Grant it the permission if it needs it.': 'แอปไม่มีสิทธิ์ดูข้อมูลนี้ ให้สิทธิ์เพิ่มได้หากจำเป็น',
  'The application may not see this branch.': 'แอปไม่มีสิทธิ์ดูสาขานี้',
  'The application sent more requests than its rate limit allows. It must wait, and then continues.':
    'แอปส่งคำขอเกิน Rate limit ต้องรอแล้วจึงส่งต่อได้',
  'This record does not exist, or the application may not see it.': 'ไม่มีรายการนี้ หรือแอปไม่มีสิทธิ์ดู',
  'This server was too busy. The application must try again.': 'เซิร์ฟเวอร์มีงานมากเกินไป แอปต้องลองใหม่',
  'This server had a problem. Whoever runs it finds the reason in its log by the request ID.':
    'เซิร์ฟเวอร์มีปัญหา ผู้ดูแลเซิร์ฟเวอร์หาสาเหตุได้จาก Log ด้วยหมายเลขคำขอ',
  'The connection was lost before the response.': 'การเชื่อมต่อขาดก่อนได้รับคำตอบ',
}
