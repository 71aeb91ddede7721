import { createHash } from 'node:crypto'

/**
 * Returns the id of the stock level of a SKU in a warehouse: a UUIDv5 of the two in the namespace of the business (RFC 9562
 * §5.5).
 */
export const levelId = (businessId: string, warehouseId: string, skuId: string): string =>
  namedId(businessId, `${warehouseId}/${skuId}`)

/** Returns the id that `recordId` of the SDK derives from the sender's own id of a record. */
export const derivedId = (businessId: string, resource: string, ownId: string): string =>
  namedId(businessId, `${resource}/${ownId}`)

function namedId(businessId: string, name: string): string {
  const namespace = Buffer.from(businessId.replaceAll('-', ''), 'hex')
  const hash = createHash('sha1').update(namespace).update(name).digest()
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  const hex = hash.toString('hex').slice(0, 32)
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}
