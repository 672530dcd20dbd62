import { TailraceError, type ErrorPlace } from '../core/errors.ts';
import type { ServerEnd } from './connect-options.ts';
import { codeOf, refusalOf, type DriverError, type Refusal } from './error-numbers.ts';

/**
 * What the driver threw, as a TailraceError of the right end: transient (lost connection, deadlock,
 * read-only, disk full) or final. The message is the server's own; the statement that the driver
 * hangs on its errors is dropped, because it may be megabytes of rows.
 */
export function errorFromServer(
  thrown: unknown,
  end: ServerEnd,
  place: ErrorPlace = {},
): TailraceError {
  if (thrown instanceof TailraceError) return thrown.at(place);
  const error = readDriverError(thrown);
  return refusalError(error, refusalOf(error), { end, place, cause: thrown });
}

/**
 * The same while a connection is being made: a server that goes away before it let us in counts as
 * unreachable, because nothing was begun.
 */
export function errorFromConnect(
  thrown: unknown,
  end: ServerEnd,
  place: ErrorPlace = {},
): TailraceError {
  if (thrown instanceof TailraceError) return thrown.at(place);
  const error = readDriverError(thrown);
  const refusal = refusalOf(error);
  const isAway = refusal === 'lost' || refusal === 'busy' || refusal === 'unavailable';
  return refusalError(error, isAway ? 'unreachable' : refusal, { end, place, cause: thrown });
}

interface RefusalContext {
  readonly end: ServerEnd;
  readonly place: ErrorPlace;
  readonly cause: unknown;
}

function refusalError(error: DriverError, refusal: Refusal, context: RefusalContext) {
  const { end, place, cause } = context;
  const errno = error.errno === undefined ? {} : { errno: error.errno };
  const code = codeOf(refusal, end);
  const next = error.errno === undefined ? undefined : ADVICE[error.errno]?.(end);
  return new TailraceError(code, describe(error), {
    place: { ...place, ...errno },
    cause: withoutStatement(cause),
    ...(next === undefined ? {} : { next }),
  });
}

function describe(error: DriverError): string {
  return error.message === '' ? error.code : error.message;
}

/** Advice that is better than the code's own. */
const ADVICE: Readonly<Record<number, (end: ServerEnd) => string>> = {
  1129: (end) => `FLUSH HOSTS on the ${end}; tailrace tries again by itself.`,
  1130: (end) => `The ${end} refuses this machine's address: see the host part of the account.`,
  1153: (end) => `Raise max_allowed_packet on the ${end}.`,
  1820: () => 'Give the account a new password.',
  1862: () => 'Give the account a new password.',
  3118: () => 'ALTER USER … ACCOUNT UNLOCK.',
  3159: (end) => `The ${end} asks for TLS: set task.${end}.tls.`,
  4151: () => 'ALTER USER … ACCOUNT UNLOCK.',
};

/** Whether the server itself said `errno` in answer to a statement; false for lost connections. */
export function isServerErrno(thrown: unknown, ...numbers: readonly number[]): boolean {
  const errno =
    thrown instanceof TailraceError ? thrown.place.errno : readDriverError(thrown).errno;
  return errno !== undefined && numbers.includes(errno);
}

export function readDriverError(thrown: unknown): DriverError {
  if (!(thrown instanceof Error)) return { code: '', errno: undefined, message: String(thrown) };
  const fields = thrown as Error & { code?: unknown; errno?: unknown; sqlMessage?: unknown };
  const first = thrown instanceof AggregateError ? firstOf(thrown) : undefined;
  return {
    code: typeof fields.code === 'string' ? fields.code : (first?.code ?? ''),
    // Node's own errors carry a negative operating-system number there.
    errno: typeof fields.errno === 'number' && fields.errno > 0 ? fields.errno : undefined,
    message:
      typeof fields.sqlMessage === 'string'
        ? fields.sqlMessage
        : thrown.message || (first?.message ?? ''),
  };
}

/** A name with several addresses fails with one error for each of them. */
function firstOf(error: AggregateError): DriverError | undefined {
  const errors: readonly unknown[] = error.errors;
  return errors.length === 0 ? undefined : readDriverError(errors[0]);
}

function withoutStatement(thrown: unknown): unknown {
  if (thrown instanceof Error && 'sql' in thrown) delete (thrown as { sql?: unknown }).sql;
  return thrown;
}
