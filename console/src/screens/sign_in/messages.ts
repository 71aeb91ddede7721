export const signInMessages = {
  'Sign in': 'เข้าสู่ระบบ',
  'Sign in to the console': 'เข้าสู่ระบบคอนโซล',
  'Email address': 'อีเมล',
  'Nobody can sign in yet': 'ยังไม่มีใครเข้าสู่ระบบได้',
  'Make the first member on the server with this command. It prints a link to choose a password.':
    'สร้างสมาชิกคนแรกบนเซิร์ฟเวอร์ด้วยคำสั่งนี้ คำสั่งจะแสดงลิงก์สำหรับตั้งรหัสผ่าน',
  'Command line': 'คำสั่ง',
  'Verification code': 'รหัสยืนยัน',
  'The 6 digits of your authenticator app, or a backup code': 'ตัวเลข 6 หลักจากแอปยืนยันตัวตน หรือรหัสสำรอง',
  Continue: 'ดำเนินการต่อ',
  'Forgot your password? Ask an owner of your business for a new link.':
    'ลืมรหัสผ่าน? ขอลิงก์ใหม่จากเจ้าของธุรกิจของคุณ',
  'Choose a password': 'ตั้งรหัสผ่าน',
  'New password': 'รหัสผ่านใหม่',
  'At least 10 characters. A long sentence is easier to remember than a short code.':
    'อย่างน้อย 10 ตัวอักษร ประโยคยาว ๆ จำง่ายกว่ารหัสสั้น ๆ',
  'Save password': 'บันทึกรหัสผ่าน',
  'Your password is saved. Sign in with it now.': 'บันทึกรหัสผ่านแล้ว เข้าสู่ระบบด้วยรหัสผ่านนี้ได้เลย',
  'This link is incomplete. Open it again from where you received it.':
    'ลิงก์ไม่ครบ เปิดลิงก์จากข้อความที่ได้รับอีกครั้ง',
  'This link does not work any more. Ask for a new one.': 'ลิงก์นี้ใช้ไม่ได้แล้ว โปรดขอลิงก์ใหม่',
  'You are invited': 'คุณได้รับคำเชิญ',
  '{inviter} invites {email} to {business} with the role {role}.':
    '{inviter} เชิญ {email} เข้าร่วม {business} ในสิทธิ์ {role}',
  'Valid until {time}': 'ใช้ได้ถึง {time}',
  'Your name': 'ชื่อของคุณ',
  'This address already has an account. Accept with its password.':
    'อีเมลนี้มีบัญชีแล้ว ตอบรับด้วยรหัสผ่านเดิม',
  'Accept invitation': 'ตอบรับคำเชิญ',
  'You have accepted the invitation. Sign in now.': 'ตอบรับคำเชิญแล้ว เข้าสู่ระบบได้เลย',
  'This invitation has been accepted. Sign in now.': 'คำเชิญนี้ตอบรับไปแล้ว เข้าสู่ระบบได้เลย',
}
