import type { Database, Runner } from '../db/database.ts'
import type { Reach } from '../db/reach.ts'
import type { Mailer } from '../mail/mailer.ts'
import { openCheckpoint } from './checkpoints.ts'
import type { StatementSigner } from './statements.ts'

// Mails the newest checkpoint of a business to an address that its owner names. A mailbox is out of reach of somebody who controls
// only the server, so the message proves later that the history was not rewritten.
//
// The row is locked while the mail server answers, so several processes send a checkpoint once; after SIGKILL it can come twice.

/** Where checkpoints are mailed. `mailed_sequence` is the entry of the newest checkpoint that was sent; 0: none. */
export type LedgerMail = { email: string; mailed_sequence: number; mailed_at: Date | null }

export async function ledgerMail(db: Runner, businessId: string): Promise<LedgerMail | undefined> {
  const [row] = await db<{ email: string; mailed_sequence: string; mailed_at: Date | null }[]>`
    select email, mailed_sequence, mailed_at from ledger_mail where business_id = ${businessId}`
  return row && { ...row, mailed_sequence: Number(row.mailed_sequence) }
}

/** Names the address; null: no more mail. A new address gets the newest checkpoint too. */
export async function setLedgerMail(db: Runner, businessId: string, email: string | null): Promise<void> {
  if (email === null) await db`delete from ledger_mail where business_id = ${businessId}`
  else
    await db`
      insert into ledger_mail (business_id, email) values (${businessId}, ${email})
      on conflict (business_id) do update set email = excluded.email, mailed_sequence = 0, mailed_at = null`
}

/**
 * Mails checkpoints that were not mailed yet, the newest of each business. A mail server that refuses one message does not
 * prevent the others.
 *
 * @param onError called with each reason why a message was not sent; the next call tries again
 * @returns how many were sent
 */
export async function mailCheckpoints(
  db: Database,
  reach: Reach,
  parts: { mailer: Mailer; signer: StatementSigner; clock: () => Date },
  onError: (error: unknown) => void,
): Promise<number> {
  const due = await db<{ business_id: string }[]>`
    select business_id from ledger_mail
    where mailed_sequence < (select coalesce(max(sequence), 0) from ledger_checkpoints as made
                             where made.business_id = ledger_mail.business_id)
      and ${reach.areReachable(db, 'ledger_mail.business_id')}`
  let sent = 0
  for (const { business_id } of due)
    try {
      if (await mailOne(db, business_id, parts)) sent += 1
    } catch (error) {
      onError(error)
    }
  return sent
}

/**
 * Mails the newest checkpoint of a business if it was not mailed yet.
 *
 * @returns whether a message was sent; not if another process sends it
 */
export async function mailOne(
  db: Database,
  businessId: string,
  { mailer, signer, clock }: { mailer: Mailer; signer: StatementSigner; clock: () => Date },
): Promise<boolean> {
  return await db.begin(async (tx) => {
    const [mail] = await tx<{ email: string; mailed_sequence: string }[]>`
      select email, mailed_sequence from ledger_mail where business_id = ${businessId} for update skip locked`
    const [newest] = await tx<{ statement: string }[]>`
      select statement from ledger_checkpoints where business_id = ${businessId} order by sequence desc limit 1`
    const checkpoint = newest && (await openCheckpoint(signer, newest.statement))
    if (!mail || !checkpoint || checkpoint.sequence <= Number(mail.mailed_sequence)) return false
    const [business] = await tx<{ name: string }[]>`select name from businesses where id = ${businessId}`
    const { sequence, hash, at } = checkpoint
    await mailer({
      to: mail.email,
      subject: `${business?.name}: checkpoint ${sequence}`,
      text: messageText(business?.name ?? '', sequence, hash, at),
      file: { name: `${at.slice(0, 10)}.checkpoint`, text: `${newest.statement}\n` },
    })
    await tx`
      update ledger_mail set mailed_sequence = ${sequence}, mailed_at = ${clock()} where business_id = ${businessId}`
    return true
  })
}

const messageText = (business: string, sequence: number, hash: string, at: string): string => `${business}

บันทึกว่าใครเห็นข้อมูลส่วนบุคคลจบที่รายการ ${sequence} เมื่อ ${at}
Hash: ${hash}

โปรดเก็บอีเมลนี้ไว้ ไฟล์แนบมีลายเซ็นของเซิร์ฟเวอร์ ใช้พิสูจน์ภายหลังได้ว่าบันทึกไม่ถูกแก้ไข:
talad ledger verify --checkpoint ${at.slice(0, 10)}.checkpoint

The record of who has seen personal data ended at entry ${sequence} at ${at}.
Keep this message. The attached file is signed by the server, and proves later that the record was not changed; the command above
compares it.
`
