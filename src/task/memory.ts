/** What one task may hold in memory: see src/ARCHITECTURE.md. */
export const MEMORY = {
  /** Frames that wait between the socket and the decoder. */
  queuedBytesHigh: 2 << 20,
  /** Transactions that are read and not yet done. */
  maxBytesInFlight: 32 << 20,
  /** A larger transaction is handed on in parts of about this size. */
  partBytes: 4 << 20,
  /** 190 to 240 MB at its peak, where it was 250 to 350: see limitHeapGrowth. */
  heapGrowthPercent: 120,
} as const;
