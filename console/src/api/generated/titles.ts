// Generated from openapi.console.json by npm run openapi. Do not edit; a test checks it.

export const TITLES: Record<string, { th: string; en: string }> = {
  "console.sign_in.state": {
    "th": "ดูว่ามีสมาชิกที่เข้าสู่ระบบได้หรือยัง",
    "en": "Get whether anybody can sign in"
  },
  "console.sign_in": {
    "th": "เข้าสู่ระบบด้วยอีเมลและรหัสผ่าน",
    "en": "Sign in with email address and password"
  },
  "console.sign_in.code": {
    "th": "ส่งรหัสจากแอปยืนยันตัวตน",
    "en": "Complete a sign-in with a code"
  },
  "console.sign_out": {
    "th": "ออกจากระบบ",
    "en": "Sign out"
  },
  "console.password.choose": {
    "th": "ตั้งรหัสผ่านด้วยลิงก์",
    "en": "Choose a password with the token of a link"
  },
  "console.password.change": {
    "th": "เปลี่ยนรหัสผ่าน",
    "en": "Change your password"
  },
  "console.proof": {
    "th": "ยืนยันตัวตนอีกครั้งด้วยรหัสผ่าน",
    "en": "Prove your identity again with your password"
  },
  "console.second_factor.set_up": {
    "th": "เริ่มตั้งค่าแอปยืนยันตัวตน",
    "en": "Start to set up an authenticator app"
  },
  "console.second_factor.confirm": {
    "th": "ยืนยันแอปยืนยันตัวตนด้วยรหัสแรก",
    "en": "Confirm an authenticator app with its first code"
  },
  "console.second_factor.remove": {
    "th": "เลิกใช้แอปยืนยันตัวตน",
    "en": "Stop using an authenticator app"
  },
  "console.me.get": {
    "th": "ดึงข้อมูลสมาชิกที่เข้าสู่ระบบอยู่",
    "en": "Get the member who is signed in"
  },
  "console.me.update": {
    "th": "แก้ไขบัญชีของตนเอง",
    "en": "Change your own account"
  },
  "console.members.list": {
    "th": "ดึงรายชื่อสมาชิก",
    "en": "List the members"
  },
  "console.members.update": {
    "th": "เปลี่ยนสิทธิ์ของสมาชิก",
    "en": "Change a member's role"
  },
  "console.members.remove": {
    "th": "นำสมาชิกออก",
    "en": "Remove a member"
  },
  "console.invitations.list": {
    "th": "ดึงคำเชิญที่ยังไม่ได้ตอบรับ",
    "en": "List the open invitations"
  },
  "console.invitations.create": {
    "th": "เชิญสมาชิก",
    "en": "Invite a member"
  },
  "console.invitations.withdraw": {
    "th": "ถอนคำเชิญ",
    "en": "Withdraw an invitation"
  },
  "console.invitations.get": {
    "th": "ดูคำเชิญของลิงก์",
    "en": "Get the invitation of a link"
  },
  "console.invitations.accept": {
    "th": "ตอบรับคำเชิญ",
    "en": "Accept an invitation"
  },
  "console.audit_log.list": {
    "th": "ดูบันทึกการกระทำ",
    "en": "List what everybody did"
  }
}
