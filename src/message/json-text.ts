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

/** A document without the server's spaces behind commas and colons, as the Java binlog connector writes it. */
export function compactJson(text: string): string {
  return text.includes(' ') ? betweenStrings(text, (part) => part.replaceAll(' ', '')) : text;
}

/** The same with these spaces: the text that MySQL has of it. */
export function spacedJson(text: string): string {
  return betweenStrings(text, (part) => part.replaceAll(' ', '').replace(/[,:]/g, '$& '));
}

/** Strings are left alone: a document of megabytes has one of that size. */
function betweenStrings(text: string, change: (part: string) => string): string {
  let changed = '';
  let end = 0;
  for (let quote = text.indexOf('"'); quote >= 0; quote = text.indexOf('"', end)) {
    const from = end;
    end = endOfString(text, quote);
    changed += change(text.slice(from, quote)) + text.slice(quote, end);
  }
  return changed + change(text.slice(end));
}

function endOfString(text: string, quote: number): number {
  let end = text.indexOf('"', quote + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') backslashes++;
  return backslashes % 2 === 1;
}
