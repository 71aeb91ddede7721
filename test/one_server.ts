// The tests that do not hold on a cluster (TALAD_TEST_CITUS), with the reason. This list should become empty.

const REASONS = {
  'server/webhooks/queue/reads.test.ts':
    'it counts by the statistics of its own connection, but the connections between the nodes read the rows',
}

/** Skips tests of this file on a cluster. */
export const onlyOnOneServer = (file: keyof typeof REASONS): { skip: string | false } => ({
  skip: process.env.TALAD_TEST_CITUS !== undefined && `not on a cluster: ${REASONS[file]}`,
})
