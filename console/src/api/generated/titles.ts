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
  "console.passkeys.list": {
    "th": "ดึง Passkey ของตนเอง",
    "en": "List your passkeys"
  },
  "console.passkeys.create": {
    "th": "บันทึก Passkey ที่เบราว์เซอร์สร้าง",
    "en": "Store the passkey that the browser made"
  },
  "console.passkeys.options": {
    "th": "เริ่มสร้าง Passkey",
    "en": "Start to make a passkey"
  },
  "console.passkeys.delete": {
    "th": "ลบ Passkey",
    "en": "Delete a passkey"
  },
  "console.sign_in.passkey_options": {
    "th": "เริ่มเข้าสู่ระบบด้วย Passkey",
    "en": "Start to sign in with a passkey"
  },
  "console.sign_in.passkey": {
    "th": "เข้าสู่ระบบด้วย Passkey",
    "en": "Sign in with a passkey"
  },
  "console.proof.passkey_options": {
    "th": "เริ่มยืนยันตัวตนด้วย Passkey",
    "en": "Start to prove your identity with a passkey"
  },
  "console.proof.passkey": {
    "th": "ยืนยันตัวตนอีกครั้งด้วย Passkey",
    "en": "Prove your identity again with a passkey"
  },
  "console.me.get": {
    "th": "ดึงข้อมูลสมาชิกที่เข้าสู่ระบบอยู่",
    "en": "Get the member who is signed in"
  },
  "console.me.update": {
    "th": "แก้ไขบัญชีของตนเอง",
    "en": "Change your own account"
  },
  "console.branches.list": {
    "th": "ดึงรายการสาขา",
    "en": "List the branches"
  },
  "console.business.get": {
    "th": "ดึงการตั้งค่าของธุรกิจ",
    "en": "Get the settings of the business"
  },
  "console.business.update": {
    "th": "เปลี่ยนการตั้งค่าของธุรกิจ",
    "en": "Change the settings of the business"
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
  },
  "console.scopes.list": {
    "th": "ดึง Scope ที่ให้แอปได้",
    "en": "List the scopes that can be granted"
  },
  "console.applications.list": {
    "th": "ดึงรายการแอป",
    "en": "List the applications"
  },
  "console.applications.create": {
    "th": "สร้างแอป",
    "en": "Create an application"
  },
  "console.applications.get": {
    "th": "ดึงแอปหนึ่งรายการ",
    "en": "Get an application"
  },
  "console.applications.update": {
    "th": "แก้ไขแอป",
    "en": "Update an application"
  },
  "console.applications.revoke": {
    "th": "เพิกถอนแอปอย่างถาวร",
    "en": "Revoke an application permanently"
  },
  "console.applications.preview": {
    "th": "ดูว่าแอปจะเห็นอะไร ก่อนบันทึก",
    "en": "Show what an application would see, before it is saved"
  },
  "console.applications.add_secret": {
    "th": "เพิ่ม Secret",
    "en": "Add a secret"
  },
  "console.applications.revoke_secret": {
    "th": "เพิกถอน Secret",
    "en": "Revoke a secret"
  },
  "console.applications.stops": {
    "th": "ดูว่าอะไรจะหยุดหากเพิกถอนแอป",
    "en": "Get what would stop without an application"
  },
  "console.applications.pause": {
    "th": "หยุดแอปชั่วคราว",
    "en": "Pause an application"
  },
  "console.applications.resume": {
    "th": "ให้แอปทำงานต่อ",
    "en": "Resume an application"
  },
  "console.figures.get": {
    "th": "ดึงตัวเลขของคำขอ",
    "en": "Get the figures of requests"
  },
  "console.activity.list": {
    "th": "ดึงจำนวน Event และการส่ง Webhook รายวัน",
    "en": "Get the numbers of events and deliveries by day"
  },
  "console.attention.list": {
    "th": "ดึงเรื่องที่ควรจัดการ",
    "en": "List what needs attention"
  },
  "console.requests.list": {
    "th": "ดึงบันทึกคำขอของแอป",
    "en": "List the requests of applications"
  },
  "console.requests.get": {
    "th": "ดึงคำขอหนึ่งรายการ",
    "en": "Get a request of an application"
  },
  "console.data.get": {
    "th": "ดึงจำนวนข้อมูล และการส่งข้อมูลล่าสุด",
    "en": "Get the numbers of records, and the last batches"
  },
  "console.disclosures.list": {
    "th": "ดูว่าใครเห็นข้อมูลส่วนบุคคล",
    "en": "List who saw personal data"
  },
  "console.disclosures.of_customer": {
    "th": "ดูว่าใครเห็นข้อมูลของลูกค้ารายนี้",
    "en": "List who saw the data of one customer"
  },
  "console.disclosures.export": {
    "th": "ส่งออกการเปิดเผยเป็น CSV",
    "en": "Export who saw personal data as CSV"
  },
  "console.ledger.checkpoint": {
    "th": "ขอหลักฐานว่าบันทึกการเห็นข้อมูลส่วนบุคคลมีถึงรายการใด",
    "en": "Make a signed statement of where the ledger ends"
  },
  "console.ledger.verify": {
    "th": "ตรวจว่า Ledger ครบถ้วน",
    "en": "Check that the ledger is complete"
  },
  "console.customers.list": {
    "th": "ค้นหาลูกค้า",
    "en": "Find customers"
  },
  "console.customers.name": {
    "th": "ดูชื่อและรหัสของลูกค้า",
    "en": "Get the name and the code of a customer"
  },
  "console.rights_requests.list": {
    "th": "ดึงคำขอของเจ้าของข้อมูล",
    "en": "List the requests of persons"
  },
  "console.rights_requests.create": {
    "th": "รับคำขอของลูกค้า",
    "en": "Note a request that arrived"
  },
  "console.rights_requests.close": {
    "th": "ปิดคำขอ",
    "en": "Close a request"
  },
  "console.access_document": {
    "th": "ทำเอกสารตามคำขอเข้าถึงข้อมูล",
    "en": "Make the access document of a customer"
  },
  "console.customers.erase": {
    "th": "ลบลูกค้าอย่างถาวร",
    "en": "Erase a customer for ever"
  },
  "console.erasures.get": {
    "th": "ดึงหนังสือรับรองการลบ",
    "en": "Get the certificate of an erasure"
  },
  "console.person_links.list": {
    "th": "ดึงลิงก์สำหรับเจ้าของข้อมูล",
    "en": "List the links of persons"
  },
  "console.person_links.create": {
    "th": "สร้างลิงก์ให้เจ้าของข้อมูลดูว่าใครได้รับข้อมูล",
    "en": "Make a link with which a person sees who received their data"
  },
  "console.person_links.revoke": {
    "th": "เพิกถอนลิงก์",
    "en": "Revoke a link"
  },
  "console.processing_record": {
    "th": "ทำบันทึกรายการกิจกรรม (มาตรา 39)",
    "en": "Make the record of processing activities"
  },
  "console.webhooks.list": {
    "th": "ดึง Webhook ของทุกแอป",
    "en": "List the webhooks of all applications"
  },
  "console.webhooks.deliveries": {
    "th": "ดึงประวัติการส่งของ Webhook",
    "en": "List the deliveries of a webhook"
  },
  "console.webhooks.delivery_content": {
    "th": "ดูเนื้อหาที่จะส่งหากส่งตอนนี้",
    "en": "Get what would be sent now"
  },
  "console.webhooks.update": {
    "th": "หยุดส่งชั่วคราว หรือส่งต่อ",
    "en": "Pause or resume a webhook"
  },
  "console.webhooks.redeliver": {
    "th": "ส่ง Event เดิมอีกครั้ง",
    "en": "Redeliver an event"
  },
  "console.webhooks.replay": {
    "th": "ส่ง Event ย้อนหลังตั้งแต่เวลาที่ระบุ",
    "en": "Replay the events since a time"
  },
  "console.webhooks.ping": {
    "th": "ส่ง ping ทันที",
    "en": "Send a ping at once"
  },
  "console.imports.check": {
    "th": "ตรวจไฟล์ก่อนนำเข้า",
    "en": "Check a file before it is imported"
  },
  "console.imports.create": {
    "th": "นำเข้าไฟล์",
    "en": "Import a file"
  },
  "console.imports.list": {
    "th": "ดึงรายการนำเข้าล่าสุด",
    "en": "List the last imports"
  },
  "console.imports.get": {
    "th": "ดูความคืบหน้าของการนำเข้า",
    "en": "Get the progress of an import"
  },
  "console.imports.template": {
    "th": "ดึงไฟล์ตัวอย่างสำหรับกรอกข้อมูล",
    "en": "Get a file to fill in"
  }
}
