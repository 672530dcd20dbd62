/** What stands where a secret was. */
export const REDACTED = '***';

/** Shorter ones are replaced as whole words only: else a password "a" would make every text unreadable. */
const MIN_LENGTH_ANYWHERE = 6;

/** Longest first: one secret may be the beginning of another. */
let forms: readonly string[] = [];

/**
 * From now on this value is never printed by the logger or `redactSecrets`. By value, not by field
 * name: a server may well quote a password in an error message.
 */
export function registerSecret(value: string): void {
  const more = [value, encodeURIComponent(value), ...inJson(value)];
  forms = longestFirst([...forms, ...more]);
}

export function redactSecrets(text: string): string {
  return redactForms(text, forms);
}

/** Every spelling under which a secret may stand in JSON text: those that are known, and these as JSON spells them. */
export function formsInJson(): readonly string[] {
  return longestFirst(forms.flatMap((form) => [form, ...inJson(form)]));
}

/** No regular expression: its source would be one more copy of the secret in memory, in a spelling of its own. */
export function redactForms(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (!clean.includes(secret)) continue;
    clean =
      secret.length >= MIN_LENGTH_ANYWHERE
        ? clean.replaceAll(secret, () => REDACTED)
        : replaceWords(clean, secret);
  }
  return clean;
}

const WORD_BEFORE = /[\p{L}\p{N}_]$/u;
const WORD_AFTER = /^[\p{L}\p{N}_]/u;

function replaceWords(text: string, word: string): string {
  let clean = '';
  let done = 0;
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
    const end = at + word.length;
    // Two units, for a letter beyond the first plane.
    const isPart =
      WORD_BEFORE.test(text.slice(Math.max(0, at - 2), at)) ||
      WORD_AFTER.test(text.slice(end, end + 2));
    clean += `${text.slice(done, at)}${isPart ? word : REDACTED}`;
    done = end;
  }
  return clean + text.slice(done);
}

/** V8 also escapes everything beyond ASCII, in the strings of a heap. */
function inJson(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replaceAll(/[^\0-\x7f]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return [json, ascii];
}

function longestFirst(all: readonly string[]): readonly string[] {
  const unique = new Set(all.filter((form) => form !== ''));
  return [...unique].sort((a, b) => b.length - a.length);
}
