import type { Call } from './answers.ts'
import type { SendOperation } from './connection.ts'
import type { Methods } from './generated/operations.ts'
import type { Granted } from './generated/schemas.ts'
import { feedOf, followed, pagesOf } from './lists.ts'
import type { Asked, Operation } from './operation.ts'

type Method = (...given: unknown[]) => unknown

/**
 * Builds the methods of these operations: `sale_items.list` becomes `saleItems.list`. Their types are generated from the
 * same document.
 */
export function methodsOf<G extends Granted>(operations: readonly Operation[], send: SendOperation): Methods<G> {
  const groups: Record<string, Record<string, Method>> = {}
  for (const operation of operations) {
    const [group = '', name = ''] = operation.id.split('.').map(camel)
    groups[group] ??= {}
    groups[group][name] = (...given) => answer(send, operation, argumentsOf(operation, given))
    if (operation.shape !== 'feed') continue
    groups[group].follow = (...given) => {
      const { asked, call } = argumentsOf(operation, given)
      return followed(send, operation, asked, call)
    }
  }
  return groups as unknown as Methods<G>
}

function answer(send: SendOperation, operation: Operation, { asked, call }: { asked: Asked; call: Call }): unknown {
  switch (operation.shape) {
    case 'page':
      return pagesOf(send, operation, asked, call)
    case 'feed':
      return feedOf(send, operation, asked, call)
    default:
      return send(operation, asked, call)
  }
}

/** Reads the arguments in the order of the generated types: path parameters, body, query, options. */
function argumentsOf({ path, sends, asks }: Operation, given: unknown[]): { asked: Asked; call: Call } {
  const rest = [...given]
  const inPath = rest.splice(0, path.match(/\{\w+\}/g)?.length ?? 0) as string[]
  const body = sends ? (rest.shift() as Asked['body']) : undefined
  const query = (asks ? rest.shift() : undefined) as Asked['query'] | undefined
  return { asked: { path: inPath, body, query: query ?? {} }, call: (rest[0] ?? {}) as Call }
}

const camel = (name: string): string => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
