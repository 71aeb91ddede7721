// Texts of "Try it".

export const WORDS = {
  th: {
    lang: 'th',
    open: 'Try it',
    send: 'ส่งคำขอ',
    demo: 'ใช้แอปของ Demo',
    memory: 'ค่าทั้งสองอยู่ในหน่วยความจำของแท็บนี้ และส่งไปยังเซิร์ฟเวอร์นี้เท่านั้น',
    failed: 'ส่งไม่สำเร็จ:',
    empty: '(ไม่มี Body)',
    copy: 'คัดลอก curl พร้อม Token',
    copied: 'คัดลอกแล้ว',
  },
  en: {
    lang: 'en',
    open: 'Try it',
    send: 'Send',
    demo: 'Use the demo application',
    memory: 'Both values stay in the memory of this tab and are sent only to this server.',
    failed: 'Request failed:',
    empty: '(no body)',
    copy: 'Copy curl with the token',
    copied: 'Copied',
  },
} as const
