import type { SchemaChange } from '../../../core/change.ts';
import type { TailraceError } from '../../../core/errors.ts';
import type { Router } from '../../../core/route.ts';
import { formatTableName, type TableName } from '../../../core/table.ts';
import { quoteName } from '../../../server/sql-text.ts';
import type { Edit } from './clauses.ts';
import { unrewritable } from './refusals.ts';
import type { ScanToken } from './scan.ts';

/** Words that mean something else in an expression, where they may stand without quotes as a column's name, too. */
const AMBIGUOUS: ReadonlySet<string> = new Set([
  ...['MICROSECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'],
  ...['DATE', 'TIME', 'TIMESTAMP', 'DATETIME', 'JSON', 'SIGNED', 'ESCAPE', 'ARRAY', 'AT', 'MODE'],
]);

/** Columns of one table of a DDL that have another name on the target, or none. */
export class MovedColumns {
  readonly #table: TableName;
  readonly #change: SchemaChange;
  readonly #router: Router;
  readonly #known: ReadonlyMap<string, string>;

  constructor(table: TableName, change: SchemaChange, router: Router) {
    this.#table = table;
    this.#change = change;
    this.#router = router;
    const definitions = [...change.before, ...change.after].filter(
      ({ database, name }) => database === table.database && name === table.table,
    );
    this.#known = new Map(
      definitions.flatMap(({ columns }) => columns.map(({ name }) => [name.toLowerCase(), name])),
    );
  }

  /** At the target; undefined: it is not there. */
  nameOf(token: ScanToken | undefined): string | undefined {
    if (token === undefined) return undefined;
    const { text } = token;
    const spellings = [this.#known.get(text.toLowerCase()) ?? text, text.toLowerCase()];
    for (const name of spellings) {
      const to = this.#router.targetColumn(this.#table, name);
      if (to !== name) return to;
    }
    return text;
  }

  /** It may be a column that has another name or none. */
  isMoved(token: ScanToken): boolean {
    if (token.kind !== 'name' && token.kind !== 'word') return false;
    if (token.kind === 'word' && /^\d+$/.test(token.text)) return false;
    return this.nameOf(token) !== token.text;
  }

  isDropped(token: ScanToken | undefined): boolean {
    return token !== undefined && this.isMoved(token) && this.nameOf(token) === undefined;
  }

  rename(token: ScanToken): readonly Edit[] {
    const to = this.isMoved(token) ? this.nameOf(token) : undefined;
    return to === undefined ? [] : [{ start: token.start, end: token.end, text: quoteName(to) }];
  }

  /** Functions and qualifiers are none. Throws where that can't be told. */
  isNamedInExpression(token: ScanToken, next: ScanToken | undefined): boolean {
    if (!this.isMoved(token) || next?.text === '(' || next?.text === '.') return false;
    if (token.kind === 'word' && AMBIGUOUS.has(token.text.toUpperCase())) {
      throw this.unclear(`${token.text} may be a column`);
    }
    return true;
  }

  /** What is taken away may hold comments, but no half of one: what follows it would be read as one, or not. */
  withWholeComments(edits: readonly Edit[]): readonly Edit[] {
    const { statement } = this.#change;
    return edits.map((edit) => {
      const text = statement.slice(edit.start, edit.end);
      const open = text.split('/*').length - text.split('*/').length;
      const [rest] = /^\s*\*\//.exec(statement.slice(edit.end)) ?? [''];
      if (open === 0) return edit;
      if (open !== 1 || rest === '') throw this.unclear('a comment goes over its clauses');
      return { ...edit, end: edit.end + rest.length };
    });
  }

  unclear(why: string): TailraceError {
    return unrewritable(
      this.#change,
      `because columns of ${formatTableName(this.#table)} are renamed or dropped: ${why}`,
    );
  }
}
