/** What a client accepts: the coding to send, null for none; and whether it also accepts a body without one. */
export type AcceptedCoding<Coding> = { coding: Coding | null; acceptsPlain: boolean }

/**
 * Reads an Accept-Encoding (RFC 9110 §12.5.3). Chooses the coding with the greatest q-value, of equal ones the first that is
 * offered. Malformed elements are ignored. Without the header, or if it is very long, the client gets no coding.
 */
export function acceptedCoding<Coding extends string>(
  header: string | undefined,
  offered: readonly Coding[],
): AcceptedCoding<Coding> {
  if (header === undefined || header.length > HEADER_MAX_LENGTH) return { coding: null, acceptsPlain: true }
  const weights = new Map<string, number>()
  for (const element of header.toLowerCase().split(',')) {
    const [, name, weight = '1'] = ELEMENT.exec(element) ?? []
    if (name !== undefined) weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight))
  }
  const rest = weights.get('*') ?? 0
  const acceptsPlain = (weights.get('identity') ?? weights.get('*') ?? 1) > 0
  let coding: Coding | null = null
  // A coding must be named, and preferred to no coding if that has a q-value of its own.
  let most = weights.get('identity') ?? 0
  for (const one of offered) {
    const weight = weights.get(one) ?? rest
    if (weight > 0 && (coding === null ? weight >= most : weight > most)) {
      coding = one
      most = weight
    }
  }
  return { coding, acceptsPlain }
}

/** Longer than any real header. It limits the time to read one. */
const HEADER_MAX_LENGTH = 1024

const ELEMENT = /^[ \t]*([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?[ \t]*$/
