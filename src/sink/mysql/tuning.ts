/** Numbers that were measured or that bound something; nothing else in this folder has any. */
export const TUNING = {
  /** A group closes at whichever comes first; an idle target takes what there is at once. */
  groupTransactions: 2_000,
  groupRows: 8_000,
  groupBytes: 2 * 1024 * 1024,
  /**
   * Waiting deliveries beyond this make `write` wait: two full groups and the beginning of a third (see `roomOf`). A
   * part of a large transaction stays below the share at which the gate opens again: the next one comes beside it.
   */
  queuedRoom: 5.5 * 1024 * 1024,
  /** Of groups that run ahead of their turn: so much more of them may wait, at most up to the second. */
  queuedLaneRoom: 2 * 1024 * 1024,
  queuedMostRoom: 24 * 1024 * 1024,
  /**
   * A group that is ready waits so long for its turn, and so many times what it took itself, before it is taken back:
   * an earlier one may be waiting for its locks.
   */
  lanePatienceMs: 1_000,
  lanePatienceTimes: 4,
  /** A lane that could not be opened is tried again after this. */
  laneRetryMs: 5_000,
  /** The server may need a moment to end what held it before. */
  laneLockSeconds: 2,
  /** Text sent in one round trip. */
  packetBytes: 1024 * 1024,
  /** A group up to so much goes in one packet with its COMMIT; a larger one earns its second trip. */
  oneTripStatements: 12,
  oneTripBytes: 32 * 1024,
  /**
   * With `apply = "auto"` fewer rows than this go as SQL: images take three trips to the target (70 µs each, and two
   * wake-ups), a small group of SQL one; what they save there is 3 to 5 µs a row.
   */
  imagesFromRows: 48,
  /** Row images as long as this are worth a trip of their own (70 µs) that has the target read them faster. */
  readBytesFrom: 256 * 1024,
  /** Statements sent in one round trip on the row-by-row way. */
  packetStatements: 256,
  /** XA payloads are kept in pieces of at most this. */
  xaPieceBytes: 1024 * 1024,
  /** A checkpoint that only passed filtered transactions is stored this often. */
  idleCheckpointMs: 1_000,
  /** An idle connection says something this often: the session's wait_timeout is short. */
  keepAliveMs: 20_000,
  /** A partition that waits for another is tried again this often: at first, and at last. */
  waitMinMs: 50,
  waitMaxMs: 500,
  /** Of such a partition no more is read once this much waits. */
  waitBytes: 4 * 1024 * 1024,
  lockTimeoutMs: 10_000,
  lockRetryMs: 500,
  /** Attempts at one group inside the sink; then the task begins anew from the checkpoint. */
  attempts: 8,
  retryMinMs: 50,
  retryMaxMs: 3_000,
  /** What `close` gives the group in flight. */
  closeTimeoutMs: 5_000,
  /** After that the server is asked to end the connection, for so long. */
  killTimeoutMs: 2_000,
} as const;
