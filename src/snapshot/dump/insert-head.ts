/** What an INSERT of a dump says before its rows. */
export interface InsertHead {
  readonly table: string;
  readonly columns: readonly string[];
  /** Where the first row's parenthesis is. */
  readonly valuesAt: number;
}

const HEAD = /^INSERT INTO `((?:[^`]|``)+)` \(((?:`(?:[^`]|``)+`(?:, ?)?)+)\) VALUES\s*/;
const COLUMN = /`((?:[^`]|``)+)`/g;
/** 1,017 columns of 64 characters, which take up to four bytes each. */
const LONGEST_HEAD = 300_000;
const SHORT_HEAD = 4096;

/** undefined: it is no INSERT with a list of columns. */
export function parseInsertHead(statement: Buffer): InsertHead | undefined {
  for (const limit of [SHORT_HEAD, LONGEST_HEAD]) {
    // latin1 keeps byte offsets; names are read anew as UTF-8.
    const match = HEAD.exec(statement.latin1Slice(0, Math.min(limit, statement.length)));
    if (match !== null) {
      const columns = [...(match[2] ?? '').matchAll(COLUMN)].map(([, name]) => nameOf(name ?? ''));
      return { table: nameOf(match[1] ?? ''), columns, valuesAt: match[0].length };
    }
    if (statement.length <= limit) return undefined;
  }
  return undefined;
}

function nameOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8').replaceAll('``', '`');
}
