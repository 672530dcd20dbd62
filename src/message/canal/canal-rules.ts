import { TailraceError } from '../../core/errors.ts';

/*
 * canal's routing rules (connector/core/.../MQMessageUtils.java). Rules are split at `,` or `;`. A pattern is a
 * regular expression when it has any of * ? + | ( ) { } [ ] \ $ ^, else a name without regard to case; tried on
 * `schema.table`, for topics then on `schema`. The first that fits counts.
 *
 *   dynamicTopic    topic:pattern → that topic · pattern → the name that fitted, in lower case, `.` as `_`
 *   partitionHash   db.t:a^b → these columns · db.t:$pk$ → the primary key · db.t → the table
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
    const topic = at < 0 ? undefined : rule.slice(0, at);
    return { topic, pattern: parsePattern(rule.slice(at + 1)) };
  });
  return (database, table) => {
    const full = `${database}.${table}`;
    for (const { topic, pattern } of parsed) {
      if (pattern.fits(full)) return topic ?? ownName(pattern, database, full);
      if (pattern.fits(database)) return topic ?? database.toLowerCase();
    }
    return undefined;
  };
}

/** A pattern that speaks of tables (it has an escaped dot) names a topic for each. */
function ownName(pattern: CanalPattern, database: string, full: string): string {
  const isOfTables = pattern.text.includes('\\.') || !REGEX_CHARACTERS.test(pattern.text);
  return (isOfTables ? full : database).toLowerCase().replaceAll('.', '_');
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
    return rule.by === '$pk$'
      ? { kind: 'primary_key' }
      : { kind: 'columns', columns: rule.by.split('^') };
  };
}
