/** What the sink did since it was opened; read by `status` at any time. */
export type SinkCounters = {
  /** Source transactions whose effect is committed (filtered ones too). */
  transactions: number;
  rows: number;
  bytes: number;
  /** Target transactions. */
  commits: number;
  /** Those of them that ran ahead of their turn, on a lane. */
  ahead: number;
  /** Groups that had to be gone through row by row. */
  replays: number;
  /** Rows that `on_conflict` settled. */
  conflicts: number;
  /** Attempts that were made again after a fault that may pass. */
  retries: number;
  reconnects: number;
  ddls: number;
  /** From the begin of the last group's apply to its commit. */
  lastCommitMs: number;
  queuedBytes: number;
};

export function createSinkCounters(): SinkCounters {
  return {
    transactions: 0,
    rows: 0,
    bytes: 0,
    commits: 0,
    ahead: 0,
    replays: 0,
    conflicts: 0,
    retries: 0,
    reconnects: 0,
    ddls: 0,
    lastCommitMs: 0,
    queuedBytes: 0,
  };
}
