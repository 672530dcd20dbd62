/** What stands where a secret was. */
export const REDACTED = '***';

/** Shorter ones are replaced as whole words only: else a password "a" would make every text unreadable. */
const MIN_LENGTH_ANYWHERE = 6;

const patterns = new Map<string, RegExp>();
let combined: RegExp | undefined;

/**
 * From now on this value is never printed by the logger or `redactSecrets`. By value, not by field
 * name: a server may well quote a password in an error message.
 */
export function registerSecret(value: string): void {
  for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)]) {
    if (form === '' || patterns.has(form)) continue;
    patterns.set(form, patternOf(form));
    combined = undefined;
  }
}

export function redactSecrets(text: string): string {
  if (patterns.size === 0) return text;
  // Longest first: one secret may be the beginning of another.
  combined ??= new RegExp(
    [...patterns]
      .sort(([a], [b]) => b.length - a.length)
      .map(([, pattern]) => pattern.source)
      .join('|'),
    'gu',
  );
  return text.replace(combined, REDACTED);
}

function patternOf(secret: string): RegExp {
  const escaped = secret.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const isAnywhere = secret.length >= MIN_LENGTH_ANYWHERE;
  return new RegExp(
    isAnywhere ? escaped : `(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`,
    'u',
  );
}
