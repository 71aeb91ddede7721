/** A mistake or a circumstance that the user can change: printed as one sentence, without a stack, exit code 1. */
export class StartError extends Error {
  override name = 'StartError'
}
