import { UUID } from '../../values/kinds.ts'

/** Where the links of persons begin (http/site/person.ts). What follows is a secret. */
export const PERSON_PATH = '/person'

/**
 * Returns a function that prepares the path of a request for the log: words of `paths` and UUIDs stay, every other segment
 * becomes `*`. A client may put private data into a path by mistake, such as a phone number instead of an id.
 *
 * @param paths paths of the operations, such as `/customers/{id}`
 */
export function loggedPathFor(paths: readonly string[]): (path: string) => string {
  const words = new Set(paths.flatMap((path) => path.split('/')))
  return (path) =>
    path
      .split('/')
      .map((segment) => (words.has(segment) || UUID.test(segment) ? segment : '*'))
      .join('/')
}
