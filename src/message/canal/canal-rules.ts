import { TailraceError } from '../../core/errors.ts';

/*
 * canal's routing rules (connector/core/.../MQMessageUtils.java). Rules are split at `,` or `;`. A pattern is a
 * regular expression when it has any of * ? + | ( ) { } [ ] \ $ ^, else a name; both without regard to case.
 *
 *   dynamicTopic    topic:pattern → that topic · pattern → the name that fitted, in lower case, `.` as `_`
 *   partitionHash   db.t:a^b → these columns · db.t:$pk$ → the primary key · db.t → the table
 *
 * Topics: every rule is tried on `schema.table` first, then every rule on `schema`; the first that fits counts. An
 * expression with an escaped dot is of tables, any other one of schemas: neither is tried on the other's names.
 */

const REGEX_CHARACTERS = /[*?+|(){}[\]\\$^]/;

export interface CanalPattern {
  readonly text: string;
  fits(name: string): boolean;
}

function parsePattern(text: string): CanalPattern {
  const wanted = text.toLowerCase();
  if (!REGEX_CHARACTERS.test(text)) return { text, fits: (name) => name.toLowerCase() === wanted };
  try {
    const regex = new RegExp(`^(?:${text})$`, 'i');
    return { text, fits: (name) => regex.test(name) };
  } catch (cause) {
    throw new TailraceError('CONFIG_INVALID', `canal's rule "${text}" is no pattern`, { cause });
  }
}

function splitRules(text: string): string[] {
  return text
    .split(/[,;]/)
    .map((rule) => rule.trim())
    .filter((rule) => rule !== '');
}

/** A function from names to the topic that the rules give; undefined: none fits. */
export function parseDynamicTopic(
  rules: string,
): (database: string, table: string) => string | undefined {
  const parsed = splitRules(rules).map((rule) => {
    const at = rule.indexOf(':');
    const topic = at < 0 ? undefined : rule.slice(0, at).trim();
    return { topic, pattern: parsePattern(rule.slice(at + 1).trim()) };
  });
  const find = (name: string, isTable: boolean): string | undefined => {
    const rule = parsed.find(({ pattern }) => isAbout(pattern, isTable) && pattern.fits(name));
    return rule && (rule.topic ?? name.toLowerCase().replaceAll('.', '_'));
  };
  return (database, table) => find(`${database}.${table}`, true) ?? find(database, false);
}

function isAbout({ text }: CanalPattern, isTable: boolean): boolean {
  return !REGEX_CHARACTERS.test(text) || text.includes('\\.') === isTable;
}

export type CanalPartitionRule =
  | { readonly kind: 'table' | 'primary_key' | 'none' }
  | { readonly kind: 'columns'; readonly columns: readonly string[] };

/** A function from names to how rows of that table are spread. */
export function parsePartitionHash(
  rules: string,
): (database: string, table: string) => CanalPartitionRule {
  const parsed = splitRules(rules).map((rule) => {
    const at = rule.lastIndexOf(':');
    const pattern = parsePattern(at < 0 ? rule : rule.slice(0, at));
    return { pattern, by: at < 0 ? undefined : rule.slice(at + 1) };
  });
  return (database, table) => {
    const rule = parsed.find(({ pattern }) => pattern.fits(`${database}.${table}`));
    if (rule === undefined) return { kind: 'none' };
    if (rule.by === undefined) return { kind: 'table' };
    return rule.by.toLowerCase() === '$pk$'
      ? { kind: 'primary_key' }
      : { kind: 'columns', columns: rule.by.split('^') };
  };
}
