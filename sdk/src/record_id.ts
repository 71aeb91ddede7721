const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Derives the id of a record from an id that is no UUID. Every program gets the same UUID for the same record: it is a UUID of
 * version 5 (RFC 9562 §5.5) of the business and the name `<resource>/<your id>`.
 *
 * @param businessId the id of the business, as in GET /me
 * @param resource the resource as in the path of the Ingest API, such as `sales`; any other name for objects inside of records
 * @param yourId your own id, exactly as it is
 * @throws TypeError if the business id is not a UUID, if a name is empty, or if the resource contains a slash
 */
export async function recordId(businessId: string, resource: string, yourId: string): Promise<string> {
  if (!UUID.test(businessId)) throw new TypeError(`businessId must be a UUID, but is ${JSON.stringify(businessId)}`)
  if (resource === '' || resource.includes('/'))
    throw new TypeError(`resource must be a name such as sales, but is ${JSON.stringify(resource)}`)
  if (yourId === '') throw new TypeError('yourId must not be empty')
  const namespace = businessId.replaceAll('-', '').match(/../g) ?? []
  const name = new TextEncoder().encode(`${resource}/${yourId}`)
  const named = new Uint8Array([...namespace.map((byte) => Number.parseInt(byte, 16)), ...name])
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-1', named)).slice(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
