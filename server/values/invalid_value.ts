/** Why a value is invalid. The message follows the name of the field and states what is allowed. */
export class InvalidValue {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}
