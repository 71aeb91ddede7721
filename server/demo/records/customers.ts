import { TIERS } from '../business.ts'
import { type Random, randomFrom } from '../random.ts'

/** The example customer of the page "List Customers". */
export const PAGE_CUSTOMER = {
  id: '4b1a5ef8-f4a2-4fb2-99d5-dddd1076e1bb',
  customer_code: 'CUS-000380',
  full_name: 'สมชาย ใจดี',
  first_name: 'สมชาย',
  last_name: 'ใจดี',
  membership_tier_id: '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91',
  membership_number: 'MEM17785123666606',
  total_points: 30,
  available_points: 10,
  total_spent: '600',
  total_visits: 4,
  last_visit_date: '2026-05-11',
  is_active: true,
  is_verified: false,
  joined_date: '2026-05-11',
  created_at: '2026-05-11T15:12:59.723Z',
  updated_at: '2026-05-11T15:14:06.138Z',
  phone: '0812345678',
  email: null,
  date_of_birth: null,
  address: null,
  city: null,
  state: null,
  postal_code: null,
  country: 'Thailand',
  tax_id: null,
}

export type DemoCustomer = {
  [K in keyof typeof PAGE_CUSTOMER]: (typeof PAGE_CUSTOMER)[K] | Widened<(typeof PAGE_CUSTOMER)[K]>
}
type Widened<T> = T extends null ? string | null : T extends string ? string | null : T

const FIRST_NAMES = `สมชาย สมหญิง วิชัย นภา ปรีชา ก้องเกียรติ ธนพล กัญญารัตน์ อรุณี พิมพ์ชนก ศิริพร จิราพร ณัฐวุฒิ ภูมิ น้ำฝน
  อำนาจ ปิยะนุช ชลธิชา ธีรภัทร วรเมธ ศุภชัย มานะ มานี ปิติ ชูใจ วีระ สุดา กิตติ พรทิพย์ เบญจมาศ ไพโรจน์ เกศินี แพรวา โชติกา ใบเฟิร์น
  ณิชา ปวีณา ธัญญา พงศกร รัชนี อนงค์ สุรชัย ประเสริฐ บุญเลิศ ทองดี คำแก้ว สายฝน จันทร์เพ็ญ เอกชัย ไอลดา โอภาส ฤทัย ญาณิศา ฐิติมา
  กมลชนก ขวัญใจ จักรกฤษณ์ ดวงใจ ถาวร นันทนา ผกามาศ ภัทรพล ยุพา ลัดดา วันวิสา อัจฉรา ชัยวัฒน์ ธวัชชัย มนัสวี ศรัณย์`.split(/\s+/)

const LAST_NAMES = `ใจดี แสงทอง ศรีสุข วงศ์ไพศาล บุญมา ทองคำ รุ่งเรือง สุขสวัสดิ์ เจริญผล มั่นคง พงษ์ศักดิ์ จันทร์หอม แก้วมณี ศรีวิไล ทรัพย์เจริญ
  น้อยนาค อินทร์แก้ว ชูศักดิ์ คงเดช ปัญญาดี เพชรรัตน์ สายทอง ดวงแก้ว พรหมมา ไชยวงศ์ คำภีระ ศิริวัฒนกุล ตั้งตระกูล ลิ้มเจริญ แซ่ตั้ง แซ่ลิ้ม
  อยู่เย็น สมบูรณ์ ภักดี สุวรรณรัตน์ ธรรมรักษ์ นิลประเสริฐ โพธิ์ทอง ไกรสร เอื้ออารี อ่อนละมัย ณรงค์ฤทธิ์ กาญจนา บุญเรือง วัฒนานนท์ ชัยมงคล
  เรืองเดช พูลสวัสดิ์ ยอดแก้ว หอมหวล ปานทอง มีสุข แจ่มใส งามวงศ์ ผ่องแผ้ว ถนอมวงศ์ ฉัตรชัย สิทธิโชค ดำรงค์ เกียรติไพบูลย์`.split(/\s+/)

const FOREIGN: [first: string, last: string | null][] = [
  ['John', 'Smith'],
  ['André', 'Dupont'],
  ['Yuki', 'Tanaka'],
  ['Maria', 'García'],
  ['Zoë', 'Müller'],
  ['Wei', 'Chen'],
  ['Nguyễn', 'Thị Hoa'],
  ['Olga', null],
]

const PLACES: [city: string, state: string, postalCode: string][] = [
  ['ปทุมวัน', 'กรุงเทพมหานคร', '10330'],
  ['พญาไท', 'กรุงเทพมหานคร', '10400'],
  ['วัฒนา', 'กรุงเทพมหานคร', '10110'],
  ['ลาดพร้าว', 'กรุงเทพมหานคร', '10230'],
  ['เมืองนนทบุรี', 'นนทบุรี', '11000'],
  ['คลองหลวง', 'ปทุมธานี', '12120'],
  ['เมืองเชียงใหม่', 'เชียงใหม่', '50200'],
  ['สันทราย', 'เชียงใหม่', '50210'],
]

const STREETS = ['ถนนสุขุมวิท', 'ถนนพหลโยธิน', 'ถนนนิมมานเหมินท์', 'ถนนพระราม 4', 'ซอยอารีย์ 1', 'ถนนห้วยแก้ว', 'ถนนลาดพร้าว']

const DAY = 24 * 3600 * 1000

/** Customers before CUS-000380 are created during this period before it, the others after it. */
const YEARS_BEFORE_MS = 500 * DAY
const PAGE_NUMBER = 380

/**
 * Generates plausible customers, numbered in order of creation. The 380th is the example of "List Customers". The same
 * seed, day and count give the same customers.
 *
 * @param now upper bound of their creation times
 */
export function* demoCustomers(seed: number, count: number, now: Date): Generator<DemoCustomer> {
  const random = randomFrom(seed)
  const pageTime = Date.parse(PAGE_CUSTOMER.created_at)
  // Use the start of the day, so that two starts on one day give the same result; never before CUS-000380.
  const end = Math.max(Math.floor(now.getTime() / DAY) * DAY, pageTime + DAY)
  for (let number = 1; number <= count; number += 1) {
    const from = number < PAGE_NUMBER ? pageTime - YEARS_BEFORE_MS : pageTime
    const share = number < PAGE_NUMBER ? number / PAGE_NUMBER : (number - PAGE_NUMBER) / (count - PAGE_NUMBER + 1)
    const until = number < PAGE_NUMBER ? pageTime : end
    const createdAt = Math.floor(from + share * (until - from))
    const customer = demoCustomer(random, number, createdAt, end)
    yield number === PAGE_NUMBER ? PAGE_CUSTOMER : customer
  }
}

/** Generates a new customer. */
export function newCustomer(random: Random, at: number): DemoCustomer {
  const customer = demoCustomer(random, random.whole(1_000_000, 99_999_999), at, at)
  const nothing = { total_points: 0, available_points: 0, total_spent: '0', total_visits: 0, last_visit_date: null }
  const moment = new Date(at).toISOString()
  const code = `CUS-${customer.id?.slice(0, 8)}`
  return { ...customer, ...nothing, customer_code: code, is_active: true, created_at: moment, updated_at: moment }
}

function demoCustomer(random: Random, number: number, createdAt: number, end: number): DemoCustomer {
  const [first, last] = random.chance(0.03)
    ? random.pick(FOREIGN)
    : [random.pick(FIRST_NAMES), random.chance(0.04) ? null : random.pick(LAST_NAMES)]
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  const isMember = random.chance(0.7)
  const visits = random.chance(0.1) ? 0 : 1 + Math.floor(random.whole(0, 40) ** 2 / 40)
  const lastVisit = createdAt + Math.floor(((end - createdAt) * random.whole(0, 1000)) / 1000)
  const satang = visits * random.whole(8_000, 90_000)
  const spent = Math.floor(satang / 25) * 25
  const points = isMember ? Math.floor(spent / 2500) : 0
  const [city, state, postalCode] = random.pick(PLACES)
  const hasAddress = random.chance(0.35)
  return {
    id: random.id(),
    customer_code: `CUS-${String(number).padStart(6, '0')}`,
    full_name: last === null ? first : `${first} ${last}`,
    first_name: first,
    last_name: last,
    membership_tier_id: isMember ? tierOf(random) : null,
    membership_number: isMember ? `MEM${createdAt}${String(random.whole(0, 9999)).padStart(4, '0')}` : null,
    total_points: points,
    available_points: points - random.whole(0, points),
    total_spent: baht(spent),
    total_visits: visits,
    last_visit_date: visits > 0 ? day(lastVisit) : null,
    is_active: random.chance(0.94),
    is_verified: random.chance(0.4),
    joined_date: isMember ? day(createdAt) : null,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(visits > 0 ? lastVisit : createdAt).toISOString(),
    phone: random.chance(0.85)
      ? `0${random.pick(['6', '8', '9'])}${String(random.whole(0, 99_999_999)).padStart(8, '0')}`
      : null,
    email: random.chance(0.4) ? `customer${number}@example.com` : null,
    date_of_birth: random.chance(0.45)
      ? day(Date.UTC(random.whole(1950, 2007), random.whole(0, 11), random.whole(1, 28)))
      : null,
    address: hasAddress ? `${random.whole(1, 999)}/${random.whole(1, 99)} ${random.pick(STREETS)}` : null,
    city: hasAddress ? city : null,
    state: hasAddress ? state : null,
    postal_code: hasAddress ? postalCode : null,
    country: random.chance(0.9) ? 'Thailand' : null,
    tax_id: random.chance(0.05) ? String(1_000_000_000_000 + random.whole(0, 999_999) * 1_000_003).slice(0, 13) : null,
  }
}

function tierOf(random: Random): string {
  const drawn = random.whole(1, 100)
  return (TIERS.find(({ upTo }) => drawn <= upTo) ?? TIERS[0])?.id as string
}

const baht = (satang: number): string => String(satang / 100)
