/**
 * A JSON string as Jackson writes it: like JSON.stringify, but control characters without a letter of
 * their own have upper-case hex digits.
 */
export function jsonString(text: string): string {
  const json = JSON.stringify(text);
  return json.includes('\\u00') ? json.replace(ESCAPE, upperCaseHex) : json;
}

/** Escaped backslashes are matched so that a `u` behind one is left alone. */
const ESCAPE = /\\\\|\\u00[01][a-f]/g;

function upperCaseHex(escape: string): string {
  return escape === '\\\\' ? escape : `\\u${escape.slice(2).toUpperCase()}`;
}

export function base64(bytes: Uint8Array): string {
  return `"${bufferOf(bytes).toString('base64')}"`;
}

export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function jsonArray(items: readonly string[]): string {
  return `[${items.map(jsonString).join(',')}]`;
}

/** Text that is a string or absent. */
export function jsonStringOrNull(text: string | undefined): string {
  return text === undefined ? 'null' : jsonString(text);
}
