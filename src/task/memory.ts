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
  /** Beyond this a part is rows of many megabytes each: five blobs of 64 MB take 363 to 388 MB without the limit above, 398 to 410 with it. */
  largePartBytes: 16 << 20,
} as const;
