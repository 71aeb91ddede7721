import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { fieldLines, tableOf } from './table.ts'
import { fit, printable, width, wrap } from './width.ts'

describe('the width of a text', () => {
  // Thai vowels and tone marks above or below a letter have width 0.
  const known: [string, number][] = [
    ['', 0],
    ['abc', 3],
    ['สมชาย ใจดี', 9],
    ['น้ำ', 2],
    ['น้ำ', 2],
    ['ผู้ใหญ่', 4],
    ['กรุงเทพฯ', 7],
    ['เก่ง', 3],
    ['ที่อยู่', 3],
    ['e\u0301', 1],
    ['中文', 4],
    ['한글', 4],
    ['ｱ', 1],
    ['Ａ', 2],
    ['🍜', 2],
    ['a\u200bb', 2],
  ]
  for (const [text, columns] of known)
    test(`the width of ${JSON.stringify(text)} is ${columns}`, () => {
      assert.equal(width(text), columns)
    })

  test('a fitted text has exactly the given width, and no letter loses its marks', () => {
    const thai = fc.stringMatching(/^[ก-๎a-z 中🍜]{0,30}$/u)
    fc.assert(
      fc.property(thai, fc.integer({ min: 1, max: 20 }), (text, columns) => {
        const fitted = fit(text, columns)
        assert.equal(width(fitted), columns)
        const [kept = ''] = fitted.split('…')
        if (fitted.includes('…')) {
          assert.ok(text.startsWith(kept))
          // The first removed character has its own column.
          assert.notEqual(width(String.fromCodePoint(text.slice(kept.length).codePointAt(0) ?? 65)), 0)
        } else assert.equal(fitted.trimEnd(), text.trimEnd())
      }),
    )
  })
})

test('control and direction characters are escaped', () => {
  assert.equal(printable('a\u001b[31mb\u0007\u009b1m\u202Ec'), 'a\\u001b[31mb\\u0007\\u009b1m\\u202ec')
  assert.equal(printable('สองบรรทัด\nน้ำ'), 'สองบรรทัด↵น้ำ')
})

test('text wraps between words, and only a single long word exceeds the width', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-zก-๎]{1,12}$/u), { minLength: 1 }), (words) => {
      const lines = wrap(words.join(' '), 20)
      assert.equal(lines.join(' '), words.join(' '))
      for (const line of lines) assert.ok(width(line) <= 20 || !line.includes(' '))
    }),
  )
})

describe('a table', () => {
  const rows = [
    { code: 'CUS-1', name: 'สมชาย ใจดี', spent: '600', note: null },
    { code: 'CUS-22', name: 'ผู้ใหญ่', spent: '7.85', note: 'ส่งก่อน 10 โมง' },
  ]
  const columns = ['code', 'name', 'spent', 'note']

  test('a table has aligned columns, with numbers on the right', () => {
    const { lines, omitted } = tableOf(rows, columns, null, 80)
    assert.deepEqual(lines(rows), [
      'code    name       spent  note',
      'CUS-1   สมชาย ใจดี    600',
      'CUS-22  ผู้ใหญ่        7.85  ส่งก่อน 10 โมง',
    ])
    assert.deepEqual(omitted, [])
    assert.equal(lines(rows).length, 2, 'the header is printed once')
  })

  test('a table omits and names the columns that do not fit', () => {
    const { lines, omitted } = tableOf(rows, columns, null, 20)
    assert.deepEqual(omitted, ['spent', 'note'])
    for (const line of lines(rows)) assert.ok(width(line) <= 20)
    assert.deepEqual(tableOf(rows, columns, ['note', 'code'], 5).omitted, [])
  })

  test('one object is printed with a line per field, nested fields included', () => {
    const object = { id: 'x', shop: { name: 'น้ำ', zone: null }, scopes: ['a', 'b'], branches: [{ id: 1 }, { id: 2 }] }
    assert.deepEqual(fieldLines(object), [
      'id         x',
      'shop.name  น้ำ',
      'shop.zone',
      'scopes     a, b',
      'branches   {"id":1}',
      'branches   {"id":2}',
    ])
  })
})
