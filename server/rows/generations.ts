// The generation of each table's stored JSON. Two versions of Talad can use one database, because each reads the columns of its
// own generation (db/schema/stored.ts). After a change of an expression, test/stored.test.ts fails and says what to write here.

/** The number is at the end of the names of columns (`wire_g2`), except for 1. The hash is of the columns' expressions. */
type Generation = { number: number; sha256: string }

export const GENERATIONS: Readonly<Record<string, Generation>> = {
  branch_prices: { number: 1, sha256: '06d97ccba2454523aaa4e8f1e208c80f7309418b58f3d0bd4fd9f695cbff7e0c' },
  branches: { number: 1, sha256: '3547cd5b1b85e8b78553aa5b05348999a0fa157c6f3bf0ef4787369e55d32e99' },
  categories: { number: 1, sha256: 'a785da05f2975c64b1621863ed865373819347ebd0016952a9832da51df291b8' },
  consents: { number: 1, sha256: '9e99c6668cfed98ce55412467d41d49a17cd3ef2bb9a305361ceb90548b5fe53' },
  customers: { number: 1, sha256: 'b6fee2868288b2fd8f879bdbc3cf9517fc33de76c94e38f8572644d8ffcf587d' },
  membership_tiers: { number: 1, sha256: 'daa1827397f9d3113bd37ad515fb9cf4726db05143a705b4cacada0a3d135d6f' },
  product_skus: { number: 1, sha256: 'ed8c17e8bf4a2df55d2e303810b43774288b1899cc3fe9828fb03cfdba60f3e9' },
  products: { number: 1, sha256: '9cf68af9997b6afe8e37bcaaa0f2dff111273c5fb1f9bce0623f86ed7825593d' },
  purchase_order_items: { number: 1, sha256: 'ed0fad2163c813966bdb4b31d45a6d5f6255d61a9eb6f72f5486ae6920df8d2b' },
  purchase_orders: { number: 1, sha256: '511cec8e6438ef8d5fab1181a5e091a055479fbc8ddb9112d941867d8aefb30b' },
  sale_items: { number: 1, sha256: 'f4996694438148f7af24a770e69448724ff1b92600799da02dcc9b8a37db48d4' },
  sales: { number: 1, sha256: '68915e21237ae1afb59a1adc818fcbe9fa3c0943eb58186cce3d688d2f598bc7' },
  stock_levels: { number: 1, sha256: '5ec47bccd9f6dd6f791a665e95ce7185b4e1aad08b4f3c6b5bc685cb9182aace' },
  stock_movements: { number: 1, sha256: '192b07c9fa3c6020f5260ac4c37f057e2530eb2ac1dd73d2d22c9e2e77b6984a' },
  suppliers: { number: 1, sha256: '93d302855853fb47271ada5f3a53f4d37868e26a6fc0290961ed99608216ab32' },
  warehouses: { number: 1, sha256: '91ef4d9b243e7fa9ce12a3f0859c34d36efbfe9c9e8964390f6a23ea5099df8a' },
}
