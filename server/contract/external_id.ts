import { EXTERNAL_ID_MAX_LENGTH } from '../limits.ts'
import { type Field, Nullable, RenderedOnRead, Text } from './schema.ts'

const TEXT = ['ID ของรายการนี้ในระบบของร้าน', "ID of the record in the sender's own system"] as const

/** The sender's own id of a record, in a table that has it from the start. */
export const ExternalId = (example: string): Field => Nullable(Text(...TEXT, example, EXTERNAL_ID_MAX_LENGTH))

/** The sender's own id of a record, as its last field. It came after the rows: storing it in their JSON would rewrite them. */
export const AddedExternalId = (example: string): Field => RenderedOnRead(ExternalId(example))
