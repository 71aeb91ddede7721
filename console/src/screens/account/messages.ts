export const accountMessages = {
  'Your name, and how you sign in.': 'ชื่อของคุณ และวิธีเข้าสู่ระบบ',
  Passkeys: 'Passkey',
  'Sign in with the fingerprint, face or PIN of your phone or computer instead of a password. A passkey cannot be guessed or given to a false page.':
    'เข้าสู่ระบบด้วยลายนิ้วมือ ใบหน้า หรือ PIN ของโทรศัพท์หรือคอมพิวเตอร์แทนรหัสผ่าน Passkey เดาไม่ได้ และเว็บปลอมขโมยไปไม่ได้',
  'No passkeys yet.': 'ยังไม่มี Passkey',
  'Add a passkey': 'เพิ่ม Passkey',
  'This browser or this address cannot use passkeys. They need https and a host name.':
    'เบราว์เซอร์หรือที่อยู่นี้ใช้ Passkey ไม่ได้ ต้องเปิดด้วย https และชื่อเว็บ',
  'Name of the passkey': 'ชื่อ Passkey',
  'Where it is, for example: my phone': 'อยู่ที่ไหน เช่น โทรศัพท์ของฉัน',
  Delete: 'ลบ',
  'Delete {name}': 'ลบ {name}',
  Saved: 'บันทึกแล้ว',
  'Current password': 'รหัสผ่านปัจจุบัน',
  'Change password': 'เปลี่ยนรหัสผ่าน',
  'Your password is changed. Your other sessions are signed out.': 'เปลี่ยนรหัสผ่านแล้ว การเข้าสู่ระบบจากที่อื่นถูกยกเลิกทั้งหมด',
  'After your password, the console asks for a code from an app on your phone. Whoever learns your password still cannot sign in.':
    'หลังใส่รหัสผ่าน คอนโซลจะถามรหัสจากแอปในโทรศัพท์ของคุณ ผู้ที่รู้รหัสผ่านอย่างเดียวจึงเข้าสู่ระบบไม่ได้',
  'Set up authenticator app': 'ตั้งค่าแอปยืนยันตัวตน',
  'Remove authenticator app': 'เลิกใช้แอปยืนยันตัวตน',
  'Scan this code with your authenticator app, then type the 6 digits that it shows.':
    'สแกนโค้ดนี้ด้วยแอปยืนยันตัวตน แล้วพิมพ์ตัวเลข 6 หลักที่แอปแสดง',
  'QR code for the authenticator app': 'QR code สำหรับแอปยืนยันตัวตน',
  'Without a camera, type this key into the app': 'หากไม่มีกล้อง ให้พิมพ์คีย์นี้ในแอป',
  'Backup codes': 'รหัสสำรอง',
  'Keep these codes in a safe place. Each works once, if you lose your phone. They are shown only now.':
    'เก็บรหัสเหล่านี้ไว้ในที่ปลอดภัย ใช้ได้รหัสละครั้งเดียวเมื่อโทรศัพท์หาย และจะแสดงครั้งนี้ครั้งเดียว',
  'The authenticator app is on.': 'เปิดใช้แอปยืนยันตัวตนแล้ว',
}
