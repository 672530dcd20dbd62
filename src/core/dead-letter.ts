import type { ErrorCode } from './error-codes.ts';
import type { Seq } from './transaction.ts';

/** Something that was passed over on purpose, kept so that it can be looked at and tried again. */
export interface DeadLetter {
  /** `skip`: `position skip`; `conflict`: on_conflict = "skip"; `message`: it could not be sent or read. */
  readonly kind: 'skip' | 'conflict' | 'message';
  /** What the operator gave, or what went wrong. */
  readonly reason: string;
  readonly code: ErrorCode | undefined;
  readonly seq: Seq | undefined;
  readonly gtid: string | undefined;
  readonly coordinates: string | undefined;
  /** `database.table`. */
  readonly table: string | undefined;
  /** Its content as JSON, as far as it is known. */
  readonly payload: string | undefined;
}

export interface StoredDeadLetter extends DeadLetter {
  readonly id: number;
  readonly createdAtMs: number;
}

/** Where a sink puts what it passes over. */
export interface DeadLetterBox {
  add(letter: DeadLetter): number;
}
