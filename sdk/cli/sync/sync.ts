import { mkdirSync } from 'node:fs'
import { ApiError } from '../../src/errors.ts'
import type { Event } from '../../src/generated/schemas.ts'
import { isTemporary, jittered, pause } from '../../src/retry.ts'
import type { Words } from '../arguments.ts'
import { chosenCredentials, chosenRetries, clientOf, senderOf } from '../client.ts'
import { CALLING, type Task } from '../command.ts'
import { CommandFailure, UsageMistake } from '../exit.ts'
import { progressOn } from '../progress.ts'
import type { World } from '../world.ts'
import { changesOf, wholeOf } from './changes.ts'
import { COPY_VERSION, type Copy, type CopyState, next } from './copy.ts'
import { FILES } from './files.ts'
import { copyRights, sameRights, sees } from './rights.ts'
import { openStore } from './store.ts'
import { listed, newWalk, walkAll } from './walk.ts'

// Keeps a copy of all data that an application may read, as NDJSON files. It reads the newest position, walks all lists,
// and follows the events after that position, including deletions. Rows of the walk may be newer than the position;
// applying their events again changes nothing.

/** Interval for checking rights, and for lists without events. */
const REFRESH_MS = 10 * 60_000
/** Minimum interval between two writes of the files; writing takes at most a twentieth of the time. */
const COMPACT_MS = 2000
const COMPACT_SHARE = 20
const COMPACT_KEYS = 20_000
/** Events per batch, so that a record with many changes is fetched once. */
const TOGETHER = 4000
const LONGEST_WAIT_MS = 60_000
/** Retries after `insufficient_scope`. Each retry reads the rights again, which no longer contain the scope. */
const REFUSED_MAX = 3

/** The rights of the application have changed: walk all lists again. */
class RightsChanged extends Error {}

export const sync: Task = {
  words: ['sync'],
  summary: 'Keep a copy of all data that the application may read, as NDJSON files',
  about: [
    'The first run reads all lists. Then sync follows all changes, including deletions, until you interrupt it. After an interruption or a power cut, run the same command again to continue. Every file is complete at any time. The order of lines is not defined.',
    'Files: ' +
      `${FILES.map(({ name }) => `${name}.ndjson`).join(', ')}. Lists that the application may not read are omitted. Lines of item files contain the ID of the sale or order. Sales go back as many days as history_days of the application; older sales stay in the copy.`,
    'The copy may contain personal data, so only you can read its files.',
  ],
  params: [{ name: 'folder', about: 'Folder of the copy; created if it does not exist' }],
  flags: [
    { flag: 'once', value: null, about: 'Exit when the copy is up to date' },
    { flag: 'only', value: '<names>', about: 'Copy only these files, separated by commas: customers,products' },
    { flag: 'quiet', value: null, about: 'Print errors only' },
    ...CALLING,
  ],
  examples: ['talad-api sync ./copy', 'talad-api sync ./copy --once --only customers,membership_tiers'],
  run: (world, words) => runSync(world, words),
}

async function runSync(world: World, { plain, given }: Words): Promise<void> {
  const [folder = ''] = plain
  const only = given
    .get('only')?.[0]
    ?.split(',')
    .map((name) => name.trim())
  const unknown = only?.find((name) => !FILES.some((file) => file.name === name))
  if (unknown !== undefined)
    throw new UsageMistake(`--only: unknown file ${unknown}; known files: ${FILES.map(({ name }) => name).join(', ')}.`)
  const credentials = chosenCredentials(world, given)
  const retries = chosenRetries(given)
  const isQuiet = given.has('quiet')
  const say = (line: string) => (isQuiet ? Promise.resolve() : world.err.write(`${line}\n`))

  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const fresh: CopyState = {
    version: COPY_VERSION,
    base_url: credentials.base_url,
    rights: null,
    files: [],
    position: null,
    walk: null,
    saved_at: '',
  }
  const store = openStore<CopyState>(folder, FILES, fresh)
  const call = { signal: world.signal }
  const send = senderOf(world, credentials, retries)
  const base = { talad: clientOf(send), send, call, store, now: () => Date.now() }
  try {
    for (let failed = 0; ; ) {
      try {
        const copy = await begin(base, only, isQuiet ? null : world)
        failed = 0
        await follow(copy, { isOnce: given.has('once'), say, world })
        break
      } catch (error) {
        if (world.signal.aborted) break
        if (error instanceof RightsChanged)
          await say('The permissions of the application have changed: reading all lists again.')
        else if (isUnknownPosition(error)) {
          await say('The event log no longer contains the position of this copy: reading all lists again.')
          store.save(next(base, { position: null }))
        } else {
          failed += 1
          if (!mayBeTemporary(error) && !(isRefusedScope(error) && failed <= REFUSED_MAX)) throw error
          const waitMs = jittered(failed, Math.random, LONGEST_WAIT_MS)
          await world.err.write(`${(error as Error).message}: continuing in ${Math.ceil(waitMs / 1000)} s\n`)
          await pause(waitMs, world.signal).catch(() => {})
        }
      }
    }
    store.compact()
    const { position, walk } = store.state
    await say(
      walk || position === null
        ? 'Stopped before all lists were read. Run it again to continue.'
        : `The copy is complete up to position ${position}.`,
    )
  } finally {
    store.close()
  }
}

const mayBeTemporary = (error: unknown): boolean =>
  isTemporary(error) || (error instanceof ApiError && error.status >= 500)

const isRefusedScope = (error: unknown): boolean => error instanceof ApiError && error.error === 'insufficient_scope'

const isUnknownPosition = (error: unknown): boolean =>
  error instanceof ApiError && error.operation === 'events.list' && error.details.some(({ field }) => field === 'after')

/** Walks the lists that need it. @returns the copy, ready to follow events */
async function begin(
  base: Pick<Copy, 'talad' | 'send' | 'call' | 'store' | 'now'>,
  only: string[] | undefined,
  world: World | null,
): Promise<Copy> {
  const { talad, call, store } = base
  const me = await talad.me.get(call)
  const rights = copyRights(me)
  const known = store.state.rights
  if (known && known.business_id !== rights.business_id)
    throw new CommandFailure(`This folder is a copy of another business (${known.business_id}); choose another folder.`)
  const files = FILES.filter(({ name, scope }) => sees(rights, scope) && (only?.includes(name) ?? true))
  const walks: { name?: string; progress?: ReturnType<typeof progressOn> } = {}
  const copy: Copy = {
    ...base,
    files: files.filter(({ kept }) => kept.by !== 'parent' || files.some(({ name }) => name === kept.parent)),
    rights,
    timeZone: me.business.time_zone,
    count(rows, file) {
      if (!world) return
      walks.progress ??= progressOn(world.err, file)
      walks.progress.name(file)
      walks.progress.add(rows)
    },
  }
  const names = copy.files.map(({ name }) => name)
  for (const file of FILES) if (!sees(rights, file.scope)) store.remove(file)
  const isSame =
    store.state.version === COPY_VERSION &&
    known &&
    sameRights(known, rights) &&
    String(store.state.files.toSorted()) === String(names.toSorted())
  if (!isSame || store.state.position === null) {
    // Pending changes are older than the rows of the new walk.
    store.compact()
    const { pagination } = await talad.events.list({ after: 'latest' }, call).page()
    const position = pagination.next_after
    store.save(next(copy, { version: COPY_VERSION, rights, files: names, position, walk: newWalk(copy) }))
  }
  if (store.state.walk) {
    await world?.err.write(`Reading ${copy.files.length} lists.\n`)
    try {
      await walkAll(copy)
    } finally {
      await walks.progress?.end()
    }
  }
  return { ...copy, count: () => {} }
}

/** Follows the events until the signal aborts. */
async function follow(
  copy: Copy,
  { isOnce, say, world }: { isOnce: boolean; say: (line: string) => Promise<void>; world: World },
): Promise<void> {
  const { talad, store, now, call } = copy
  let refreshedAt = Number.NEGATIVE_INFINITY
  let compactedAt = Number.NEGATIVE_INFINITY
  let compactMs = 0
  let events: Event<never>[] = []
  const hasItems = copy.files.some(({ kept }) => kept.by === 'parent')
  // Changes of an earlier process may not be in the files yet.
  store.compact()
  await say(`Up to date at position ${store.state.position}${isOnce ? '' : ', following'}.`)
  const onTrouble = (error: Error, waitMs: number) =>
    void world.err.write(`${error.message}: retrying in ${Math.ceil(waitMs / 1000)} s\n`)

  for await (const { data, pagination } of talad.events
    .follow({ after: store.state.position ?? 0, ...(hasItems && { include: 'items' }) }, { ...call, onTrouble })
    .pages()) {
    events.push(...data)
    if (pagination.has_more && events.length < TOGETHER) continue
    if (pagination.next_after !== store.state.position) {
      const changes = await changesOf(copy, events)
      store.put(changes, next(copy, { position: pagination.next_after }))
      if (changes.length > 0)
        await say(`${new Date(now()).toISOString()} position ${pagination.next_after}: ${changes.length} changes`)
    }
    events = []
    const isOver = isOnce && !pagination.has_more
    if (now() - refreshedAt > REFRESH_MS) {
      await refresh(copy)
      refreshedAt = now()
    }
    if (isOver) return
    const isDue = now() - compactedAt > Math.max(COMPACT_MS, compactMs * COMPACT_SHARE)
    if (store.pending() > 0 && (isDue || store.pending() > COMPACT_KEYS)) {
      const begun = now()
      store.compact()
      compactedAt = now()
      compactMs = compactedAt - begun
    }
  }
}

/** Checks the rights and reads the lists without events. */
async function refresh(copy: Copy): Promise<void> {
  const { talad, call, store, rights, files } = copy
  if (!sameRights(copyRights(await talad.me.get(call)), rights)) throw new RightsChanged()
  for (const file of files.filter(({ kept }) => kept.by === 'listing')) {
    const rows = await listed(copy, file)
    if (store.has(file, rows)) continue
    // Write the list last: until then a restart sees that work remains.
    for (const { by } of file.carried) {
      const carrier = files.find(({ name }) => name === by)
      if (carrier) store.put(await wholeOf(copy, carrier), next(copy, {}))
    }
    store.replace(file, rows)
  }
}
