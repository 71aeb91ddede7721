// What "Try it" says.

export const WORDS = {
  th: {
    lang: 'th',
    open: 'Try it',
    send: 'ส่งคำขอ',
    demo: 'ใช้แอปของร้านตัวอย่าง',
    memory: 'ค่าทั้งสองอยู่ในหน่วยความจำของแท็บนี้เท่านั้น และส่งถึงเซิร์ฟเวอร์นี้เท่านั้น',
    failed: 'ส่งไม่สำเร็จ:',
    empty: '(ไม่มีเนื้อหา)',
    copy: 'คัดลอก curl พร้อม Token',
    copied: 'คัดลอกแล้ว',
  },
  en: {
    lang: 'en',
    open: 'Try it',
    send: 'Send',
    demo: 'Use the application of the demo',
    memory: 'Both stay in the memory of this tab, and go to this server only.',
    failed: 'It could not be sent:',
    empty: '(no body)',
    copy: 'Copy curl with the token',
    copied: 'Copied',
  },
} as const
