import { type App, STORED_TEXTS } from '../../app.ts'
import { watchTexts } from '../../db/schema/filling.ts'

/** Fills and switches the stored JSON in this process, as long as something is left to do. @returns a function that stops it */
export const watchStoredTexts = ({ db, log }: App): (() => Promise<void>) =>
  watchTexts(
    db,
    STORED_TEXTS,
    (line) => log.info(line),
    (error) => log.warn({ err: error }, 'could not store the JSON of rows; trying again'),
  )
