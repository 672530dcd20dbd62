import { redactSecrets } from './secrets.ts';

/** Named values of a log line. An Error may stand under any name. */
export type LogFields = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 6;

/** Fields as JSON can hold them: errors as objects, bigints as text, every string without secrets. */
export function toLoggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactSecrets(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return errorFields(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (depth >= MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((one) => toLoggable(one, depth + 1));
  if (hasToJson(value)) return toLoggable(value.toJSON(), depth + 1);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, toLoggable(one, depth + 1)]),
  );
}

/**
 * Code, place and next step are what an operator needs; a stack is shown only for what nobody
 * foresaw. `lib` doesn't know TailraceError, so it looks for its fields.
 */
function errorFields(error: Error, depth: number): Record<string, unknown> {
  const { code, place, next } = error as { code?: unknown; place?: unknown; next?: unknown };
  const isForeseen = typeof code === 'string' && code !== 'INTERNAL_FAULT' && next !== undefined;
  const fields: Record<string, unknown> = {
    ...(code === undefined ? { type: error.name } : { code }),
    message: redactSecrets(error.message),
  };
  if (place !== undefined) fields['place'] = toLoggable(place, depth + 1);
  if (next !== undefined) fields['next'] = toLoggable(next, depth + 1);
  if (error.cause !== undefined && depth < MAX_DEPTH) {
    fields['cause'] = toLoggable(error.cause, depth + 1);
  }
  if (!isForeseen && error.stack !== undefined && depth <= 1) {
    fields['stack'] = redactSecrets(error.stack);
  }
  return fields;
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
