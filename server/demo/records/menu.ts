// The 300 products of the demo: dishes and goods.

/** `made`: cooked to order, not in stock. `counted` and `weighed`: goods in stock. */
export type StockKeeping = 'made' | 'counted' | 'weighed'

/** `price` in baht. */
export type MenuLine = readonly [name: string, english: string, price: number]

export type Section = {
  name: string
  parent: string
  kept: StockKeeping
  unit: string
  /** SKUs of each product: a name and the surcharge, in baht for dishes and in percent for goods. */
  sizes: readonly (readonly [name: string, more: number])[]
  products: readonly MenuLine[]
}

/** One per line: `ผัดกะเพรา = Basil stir-fry = 79`. */
const lines = (text: string): MenuLine[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [name, english, price] = line.split('=').map((part) => part.trim())
      return [name as string, english as string, Number(price)]
    })

/** Every dish with every kind of meat. */
const combined = (dishes: string, meats: string): MenuLine[] =>
  lines(dishes).flatMap(([dish, english, price]) =>
    lines(meats).map(([meat, with_, more]): MenuLine => [`${dish}${meat}`, `${english} with ${with_}`, price + more]),
  )

const FIVE_MEATS = `
  หมู = pork = 0
  ไก่ = chicken = 0
  เนื้อ = beef = 20
  กุ้ง = prawns = 30
  ทะเล = seafood = 40`
const FOUR_MEATS = FIVE_MEATS.replace(/\n.*beef = 20/, '')

const ONE = [['', 0]] as const
const PLATES = [
  ['ธรรมดา', 0],
  ['พิเศษ', 20],
] as const
const CUPS = [
  ['ร้อน', -10],
  ['เย็น', 0],
  ['ปั่น', 15],
] as const
const PACKS = [
  ['ชิ้นเดียว', 0],
  ['แพ็ก 3', 185],
  ['แพ็ก 6', 450],
] as const

/** Dishes: each combination of dish and meat. Goods: each combination of kind and flavour. */
const flavours = (kind: string, english: string, price: number, names: string): MenuLine[] =>
  names
    .trim()
    .split(/,\s*/)
    .map((pair, index): MenuLine => {
      const [name, flavour] = pair.split('/')
      return [`${kind}${name}`, `${english}: ${flavour}`, price + (index % 4) * 5]
    })

export const SECTIONS: readonly Section[] = [
  {
    name: 'อาหารจานเดียว',
    parent: 'อาหาร',
    kept: 'made',
    unit: 'จาน',
    sizes: PLATES,
    products: combined(
      `ข้าวผัด = Fried rice = 69
      ข้าวผัดกะเพรา = Basil stir-fry on rice = 75
      ข้าวผัดพริกแกง = Red curry stir-fry on rice = 75
      ข้าวผัดกระเทียม = Garlic and pepper on rice = 75
      ข้าวผัดน้ำพริกเผา = Chilli jam fried rice = 79
      ข้าวผัดคะน้า = Chinese kale on rice = 72
      ข้าวผัดพริกสด = Fresh chilli stir-fry on rice = 72
      ข้าวผัดขี้เมา = Drunken fried rice = 79
      ข้าวผัดผงกะหรี่ = Curry powder stir-fry on rice = 85
      ข้าวผัดเปรี้ยวหวาน = Sweet and sour on rice = 79`,
      FIVE_MEATS,
    ),
  },
  {
    name: 'ก๋วยเตี๋ยว',
    parent: 'อาหาร',
    kept: 'made',
    unit: 'ชาม',
    sizes: PLATES,
    products: combined(
      `ผัดไทย = Pad Thai = 79
      ผัดซีอิ๊ว = Soy sauce noodles = 72
      ราดหน้า = Noodles in gravy = 72
      ก๋วยเตี๋ยวต้มยำ = Tom yum noodles = 69
      ก๋วยเตี๋ยวน้ำใส = Noodles in clear soup = 65
      บะหมี่แห้ง = Dry egg noodles = 69`,
      FIVE_MEATS,
    ),
  },
  {
    name: 'แกงและต้ม',
    parent: 'อาหาร',
    kept: 'made',
    unit: 'ถ้วย',
    sizes: ONE,
    products: combined(
      `ต้มยำ = Tom yum = 129
      ต้มข่า = Coconut and galangal soup = 129
      แกงเขียวหวาน = Green curry = 135
      แกงเผ็ด = Red curry = 135
      แกงมัสมั่น = Massaman curry = 149
      พะแนง = Panang curry = 139
      แกงส้ม = Sour curry = 129
      แกงป่า = Jungle curry = 129`,
      FOUR_MEATS,
    ),
  },
  {
    name: 'ยำและสลัด',
    parent: 'อาหาร',
    kept: 'made',
    unit: 'จาน',
    sizes: ONE,
    products: combined(
      `ลาบ = Larb = 99
      น้ำตก = Nam tok = 99
      ยำวุ้นเส้น = Glass noodle salad = 109
      พล่า = Herb salad = 119
      ยำมะม่วง = Green mango salad = 115
      ยำตะไคร้ = Lemongrass salad = 119`,
      FOUR_MEATS,
    ),
  },
  {
    name: 'ของทานเล่น',
    parent: 'อาหาร',
    kept: 'made',
    unit: 'จาน',
    sizes: ONE,
    products: lines(`ปอเปี๊ยะทอด = Spring rolls = 89
      ไก่ทอดหาดใหญ่ = Hat Yai fried chicken = 99
      ทอดมันปลา = Fish cakes = 119
      ทอดมันกุ้ง = Prawn cakes = 139
      หมูสะเต๊ะ = Pork satay = 109
      ส้มตำไทย = Papaya salad = 75
      ส้มตำปูปลาร้า = Papaya salad with fermented fish = 79
      คอหมูย่าง = Grilled pork neck = 129
      ไส้กรอกอีสาน = Isan sausage = 89
      ปีกไก่ทอดน้ำปลา = Fish sauce wings = 109
      เต้าหู้ทอด = Fried tofu = 69
      ไข่เจียวหมูสับ = Omelette with minced pork = 79
      แหนมซี่โครงทอด = Fried sour ribs = 129
      ข้าวเกรียบกุ้ง = Prawn crackers = 59`),
  },
  {
    name: 'ชาและกาแฟ',
    parent: 'เครื่องดื่ม',
    kept: 'made',
    unit: 'แก้ว',
    sizes: CUPS,
    products: lines(`ชาไทย = Thai tea = 55
      ชาเขียวนม = Green milk tea = 59
      ชามะนาว = Lemon tea = 49
      ชาดำ = Black tea = 45
      โอเลี้ยง = Thai black coffee = 45
      กาแฟโบราณ = Old-style coffee = 49
      อเมริกาโน = Americano = 65
      ลาเต้ = Latte = 75
      คาปูชิโน = Cappuccino = 75
      มอคค่า = Mocha = 79
      เอสเปรสโซ = Espresso = 60
      โกโก้ = Cocoa = 65
      นมชมพู = Pink milk = 49
      มัทฉะลาเต้ = Matcha latte = 85`),
  },
  {
    name: 'น้ำผลไม้และโซดา',
    parent: 'เครื่องดื่ม',
    kept: 'made',
    unit: 'แก้ว',
    sizes: ONE,
    products: [
      ...flavours('น้ำ', 'Juice', 49, 'ส้ม/orange, มะพร้าว/coconut, แตงโม/watermelon, ฝรั่ง/guava, สับปะรด/pineapple'),
      ...flavours('สมูทตี้', 'Smoothie', 69, 'มะม่วง/mango, กล้วย/banana, เสาวรส/passion fruit, แก้วมังกร/dragon fruit'),
      ...flavours('โซดา', 'Soda', 55, 'บ๊วย/plum, มะนาว/lime, ลิ้นจี่/lychee, แดง/red'),
      ...flavours('น้ำสมุนไพร', 'Herbal', 39, 'กระเจี๊ยบ/roselle, เก๊กฮวย/chrysanthemum, อัญชัน/butterfly pea'),
    ],
  },
  {
    name: 'ของหวาน',
    parent: 'อาหาร',
    kept: 'made',
    unit: 'ถ้วย',
    sizes: ONE,
    products: [
      ...flavours('บัวลอย', 'Rice balls', 45, 'ไข่หวาน/egg, เผือก/taro, มะพร้าวอ่อน/young coconut, งาดำ/black sesame'),
      ...flavours('ไอศกรีม', 'Ice cream', 49, 'กะทิ/coconut, ชาไทย/Thai tea, มะม่วง/mango, ทุเรียน/durian, โกโก้/cocoa'),
      ...flavours('ข้าวเหนียว', 'Sticky rice', 79, 'มะม่วง/mango, ทุเรียน/durian, สังขยา/custard, ดำเปียก/black'),
      ...flavours('ขนม', 'Sweet', 39, 'ครก/coconut cups, ชั้น/layers, ตาล/palm, หม้อแกง/custard, ถ้วย/coconut'),
      ...flavours('เต้าฮวย', 'Tofu pudding', 45, 'น้ำขิง/ginger, นมสด/milk'),
    ],
  },
  {
    name: 'เครื่องดื่มขวด',
    parent: 'สินค้าในร้าน',
    kept: 'counted',
    unit: 'ขวด',
    sizes: ONE,
    products: [
      ...flavours('น้ำดื่ม', 'Water', 10, 'ขวดเล็ก/small, ขวดใหญ่/large, แร่/mineral, โซดา/soda'),
      ...flavours('น้ำอัดลม', 'Soft drink', 18, 'โคล่า/cola, ส้ม/orange, สตรอว์เบอร์รี/strawberry, เลมอน/lemon'),
      ...flavours('ชาขวด', 'Bottled tea', 25, 'ต้นตำรับ/original, น้ำผึ้งมะนาว/honey lemon, ไม่หวาน/no sugar, ข้าวญี่ปุ่น/rice'),
      ...flavours('นม', 'Milk', 22, 'จืด/plain, ช็อกโกแลต/chocolate, ถั่วเหลือง/soy, อัลมอนด์/almond'),
      ...flavours('เกลือแร่', 'Electrolyte', 20, 'ส้ม/orange, เลมอน/lemon, ลิ้นจี่/lychee, องุ่น/grape'),
    ],
  },
  {
    name: 'น้ำพริกและเครื่องแกง',
    parent: 'สินค้าในร้าน',
    kept: 'counted',
    unit: 'กระปุก',
    sizes: ONE,
    products: [
      ...flavours(
        'น้ำพริก',
        'Chilli paste',
        65,
        'เผา/jam, ตาแดง/red eye, นรก/fiery, หนุ่ม/young, กากหมู/crackling, ปลาย่าง/fish',
      ),
      ...flavours(
        'น้ำพริกแห้ง',
        'Dry chilli',
        75,
        'กุ้งเสียบ/prawn, แมงดา/giant bug, เห็ด/mushroom, ไข่เค็ม/salted egg, งา/sesame, สวรรค์/heaven',
      ),
      ...flavours('เครื่องแกง', 'Curry paste', 35, 'เขียวหวาน/green, เผ็ด/red, มัสมั่น/massaman, พะแนง/panang, ส้ม/sour'),
      ...flavours('ผงปรุง', 'Seasoning', 29, 'ลาบ/larb, ต้มยำ/tom yum, กะหรี่/curry, หมูแดง/red pork, น้ำตก/nam tok'),
    ],
  },
  {
    name: 'ซอส',
    parent: 'สินค้าในร้าน',
    kept: 'counted',
    unit: 'ขวด',
    sizes: ONE,
    products: flavours(
      'ซอส',
      'Sauce',
      45,
      'พริก/chilli, ถั่วเหลือง/soy, หอยนางรม/oyster, ผัดไทย/pad Thai, น้ำปลา/fish, สุกี้/suki, จิ้มไก่/chicken, เต้าเจี้ยว/soybean, เย็นตาโฟ/pink, มะขาม/tamarind',
    ),
  },
  {
    name: 'ขนมขบเคี้ยว',
    parent: 'สินค้าในร้าน',
    kept: 'counted',
    unit: 'ถุง',
    sizes: PACKS,
    products: [
      ...flavours(
        'กล้วยตาก',
        'Dried banana',
        39,
        'ธรรมดา/plain, น้ำผึ้ง/honey, ช็อกโกแลต/chocolate, งา/sesame, กะทิ/coconut, เกลือ/salt',
      ),
      ...flavours(
        'มะม่วงอบแห้ง',
        'Dried mango',
        59,
        'หวาน/sweet, เปรี้ยว/sour, พริกเกลือ/chilli, บ๊วย/plum, นม/milk, น้อยน้ำตาล/less sugar',
      ),
      ...flavours(
        'ข้าวแต๋น',
        'Rice crackers',
        45,
        'น้ำแตงโม/watermelon, หมูหยอง/pork floss, ธัญพืช/grain, สาหร่าย/seaweed, พริกเผา/chilli, งาดำ/sesame',
      ),
    ],
  },
  {
    name: 'ชา กาแฟ และข้าวสาร',
    parent: 'สินค้าในร้าน',
    kept: 'weighed',
    unit: 'กก.',
    sizes: ONE,
    products: [
      ...flavours(
        'เมล็ดกาแฟ',
        'Coffee beans',
        690,
        'ดอยช้าง/Doi Chang, ดอยสะเก็ด/Doi Saket, น่าน/Nan, ปางขอน/Pang Khon, ชุมพร/Chumphon',
      ),
      ...flavours('ใบชา', 'Tea leaves', 450, 'อู่หลง/oolong, เขียว/green, ไทย/Thai, ดำ/black, มะลิ/jasmine'),
      ...flavours(
        'ข้าว',
        'Rice',
        52,
        'หอมมะลิ/jasmine, กล้อง/brown, ไรซ์เบอร์รี/riceberry, เหนียว/sticky, สังข์หยด/Sangyod, หอมนิล/black, เสาไห้/Saohai, ญี่ปุ่น/Japanese',
      ),
    ],
  },
  {
    name: 'ของที่ระลึก',
    parent: 'สินค้าในร้าน',
    kept: 'counted',
    unit: 'ชิ้น',
    sizes: ONE,
    products: [
      ...flavours('ถุงผ้าใจดี', 'Tote bag', 159, 'สีขาว/white, สีดำ/black, ลายช้าง/elephant, ลายตลาด/market'),
      ...flavours('แก้วใจดี', 'Mug', 199, 'เซรามิก/ceramic, เก็บความเย็น/insulated, ลายช้าง/elephant, ลายตลาด/market'),
      ...flavours('เสื้อยืดใจดี', 'T-shirt', 290, 'สีขาว/white, สีดำ/black, สีกรม/navy, สีเขียว/green'),
    ],
  },
]
