const NEEDS_ESCAPE = /['\\\0]/g;

/** A text literal under `SET NAMES utf8mb4` with backslash escapes on. */
export function quoteText(text: string): string {
  const escaped = text.replace(NEEDS_ESCAPE, (char) => (char === '\0' ? '\\0' : `\\${char}`));
  return `'${escaped}'`;
}

export function quoteTextOrNull(text: string | undefined): string {
  return text === undefined ? 'NULL' : quoteText(text);
}

/** A binary literal. */
export function hexLiteral(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  return `x'${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}'`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
