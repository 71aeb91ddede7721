// The fixed part of the demo business, which documentation and tests refer to by name.

export const BUSINESS = {
  id: '2f0c9f0e-3c55-4f0e-9a3b-5a1c1f3b7d21',
  name: 'ครัวใจดี (Jaidee Kitchen)',
  time_zone: 'Asia/Bangkok',
  currency: 'THB',
}

export const BRANCHES = [
  { id: 'b1f85720-71cf-420e-a584-e36b75d3fd20', code: 'BKK01', name: 'สาขาสยาม' },
  { id: '6f1c2b8e-54a7-4d0c-8f6e-2a9d3c7b1e45', code: 'BKK02', name: 'สาขาอารีย์' },
  { id: 'c0a4d9e2-8b37-4f15-a6d1-7e5b9f2c3d68', code: 'CNX01', name: 'สาขาเชียงใหม่ นิมมานเหมินท์' },
]

/** Membership tiers, lowest first. CUS-000380 is in the second. `upTo`: percentage of members in this tier or a lower one. */
export const TIERS = [
  { id: '9a3f6c1e-2b7d-4e58-8c90-1f4a5d6b7e82', name: 'Member', upTo: 60 },
  { id: '5c19101c-d9e5-4fb0-9f85-7daf1f0c3f91', name: 'Silver', upTo: 85 },
  { id: 'e7b2d4a8-6c1f-4930-b5e7-8d0c9f3a2b14', name: 'Gold', upTo: 97 },
  { id: '14d8e6f0-9b5c-4a72-8e3d-c6f1a0b7d925', name: 'Platinum', upTo: 100 },
]
