import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

/** Where it happened: whatever of it is known. Values are printed, so never put a secret here. */
export interface ErrorPlace {
  readonly task?: string;
  /** `host:port` or `unix:/path`. */
  readonly host?: string;
  readonly gtid?: string;
  /** Number of the transaction in the task's history. */
  readonly seq?: number;
  /** `file:offset` of the event. */
  readonly coordinates?: string;
  /** `database.table`. */
  readonly table?: string;
  readonly column?: string;
  /** The row's key as text: `id=5`. */
  readonly key?: string;
  /** Path in the configuration file, or of a file. */
  readonly path?: string;
  /** The error number and state that a server gave. */
  readonly errno?: number;
}

export interface TailraceErrorOptions {
  readonly place?: ErrorPlace;
  /** What the operator does next: the command to run, the setting to change. Default: the code's own advice. */
  readonly next?: string;
  readonly cause?: unknown;
}

/**
 * The one error class. It is thrown where the fault is known, with its cause and place, and logged
 * once, at the top of a task's run or of a command. The code decides exit code and retry.
 */
export class TailraceError extends Error {
  override readonly name = 'TailraceError';
  readonly code: ErrorCode;
  readonly place: ErrorPlace;
  readonly next: string;

  constructor(code: ErrorCode, message: string, options: TailraceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.place = options.place ?? {};
    this.next = options.next ?? ERROR_CODES[code].next;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }

  /** True for what may pass by itself: streaming commands try again with backoff, for ever. */
  get isTransient(): boolean {
    return ERROR_CODES[this.code].transient === true;
  }

  /** The same error with more of its place filled in; what was known first stays. */
  at(place: ErrorPlace): TailraceError {
    return new TailraceError(this.code, this.message, {
      place: { ...place, ...this.place },
      next: this.next,
      cause: this.cause,
    });
  }
}

/** Any thrown value as a TailraceError; what nobody foresaw becomes INTERNAL_FAULT. */
export function toTailraceError(thrown: unknown): TailraceError {
  if (thrown instanceof TailraceError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new TailraceError('INTERNAL_FAULT', message, { cause: thrown });
}
