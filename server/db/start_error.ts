/** An error whose cause the user can change: printed as one sentence, without a stack; the exit code is 1. */
export class StartError extends Error {
  override name = 'StartError'
}
