import type { SchemaChange } from '../../../core/change.ts';
import type { Router } from '../../../core/route.ts';
import type { TableName } from '../../../core/table.ts';
import { clausesOf, groupAt, partsOf, removeClauses, type Edit } from './clauses.ts';
import { MovedColumns } from './moved-columns.ts';
import type { ScanToken } from './scan.ts';

/** What becomes of a clause: its edits, or nothing of it is left at the target. */
type Rewritten = readonly Edit[] | 'gone';
type Tokens = readonly ScanToken[];

/**
 * Gives columns their names at the target inside of CREATE TABLE, ALTER TABLE and CREATE INDEX, and leaves out
 * what is about dropped ones: the columns, and the keys and checks that name them. Only places where the grammar
 * has a column count, so that a type, a key or a function of the same name stays what it is. What can't be told,
 * and what would need a dropped column (a generated one of it), is refused. undefined: nothing is left.
 */
export function rewriteColumns(
  change: SchemaChange,
  router: Router,
  tokens: Tokens,
): readonly Edit[] | undefined {
  const table = change.effects.flatMap((effect) =>
    effect.kind === 'create' || effect.kind === 'alter' ? [effect.table] : [],
  )[0];
  if (table === undefined || !router.isIncluded(table) || !router.isRenamed(table)) return [];
  const columns = new MovedColumns(table, change, router);
  const isThere = tokens.some(
    (token) =>
      !change.references.some(({ start, end }) => token.start >= start && token.end <= end) &&
      columns.isMoved(token),
  );
  if (!isThere) return [];
  const edits = new ColumnEdits(change, router, columns).edit(tokens);
  return edits === 'gone' ? undefined : edits;
}

const KEY_WORDS: ReadonlySet<string> = new Set([
  ...['PRIMARY', 'UNIQUE', 'KEY', 'INDEX', 'FULLTEXT', 'SPATIAL'],
  ...['CONSTRAINT', 'FOREIGN', 'CHECK', 'PERIOD'],
]);
/** Behind DROP: no column. */
const DROPPED_ELSE: ReadonlySet<string> = new Set([
  ...['PRIMARY', 'KEY', 'INDEX', 'FOREIGN', 'CHECK', 'CONSTRAINT', 'PARTITION'],
]);

class ColumnEdits {
  readonly #change: SchemaChange;
  readonly #router: Router;
  readonly #columns: MovedColumns;

  constructor(change: SchemaChange, router: Router, columns: MovedColumns) {
    this.#change = change;
    this.#router = router;
    this.#columns = columns;
  }

  edit(tokens: Tokens): Rewritten {
    const end = this.#change.references[0]?.end ?? 0;
    const behind = tokens.filter(({ start }) => start >= end);
    const verb = word(tokens[0]);
    if (this.#change.subject === 'index') {
      return verb === 'CREATE' ? this.#key(behind) : this.#nothingIn(behind);
    }
    return verb === 'ALTER' ? this.#alterations(behind) : this.#creation(behind);
  }

  #creation(tokens: Tokens): Rewritten {
    const { inside, behind } = groupAt(tokens, 0);
    if (inside === undefined) return this.#nothingIn(tokens);
    const items = this.#list(partsOf(inside), (item) => this.#item(item));
    if (items === 'gone') throw this.#columns.unclear('no column would be left');
    return [...items, ...this.#partitions(behind)];
  }

  #alterations(tokens: Tokens): Rewritten {
    return this.#list(partsOf(clausesOf(tokens)), (clause) => this.#clause(clause));
  }

  #list(parts: readonly Tokens[], rewrite: (part: Tokens) => Rewritten): Rewritten {
    const all = parts.map(rewrite);
    const isGone = all.map((one) => one === 'gone');
    if (!isGone.includes(false)) return 'gone';
    const removed = this.#columns.withWholeComments(removeClauses(parts, isGone));
    return [...all.flatMap((one) => (one === 'gone' ? [] : one)), ...removed];
  }

  /** Between the parentheses of a CREATE TABLE, or behind ADD. */
  #item(tokens: Tokens): Rewritten {
    const [first, second] = tokens;
    const isKey =
      KEY_WORDS.has(word(first)) && (word(first) !== 'PERIOD' || word(second) === 'FOR');
    return isKey ? this.#key(tokens) : this.#column(tokens);
  }

  #column([name, ...definition]: Tokens): Rewritten {
    if (this.#columns.isDropped(name)) return 'gone';
    return [...this.#renamed(name), ...this.#definition(definition)];
  }

  /** Behind the name of a column: others are named in expressions, behind AFTER, and in another table. */
  #definition(tokens: Tokens): readonly Edit[] {
    const { own, references } = this.#cutReferences(tokens);
    const edits: Edit[] = [];
    const depth = tokens[0]?.depth ?? 0;
    for (const [at, token] of own.entries()) {
      if (token.depth > depth) edits.push(...this.#inExpression(token, own[at + 1]));
      else if (word(token) === 'AFTER') edits.push(...this.#after(token, own[at + 1]));
    }
    const others = this.#referenced(references);
    if (others === 'gone') throw this.#columns.unclear('it refers to a column that is dropped');
    return [...edits, ...others];
  }

  /** The order of columns means nothing to rows. */
  #after(token: ScanToken, column: ScanToken | undefined): readonly Edit[] {
    if (column === undefined || !this.#columns.isDropped(column)) return this.#renamed(column);
    return this.#columns.withWholeComments([{ start: token.start, end: column.end, text: '' }]);
  }

  #inExpression(token: ScanToken, next: ScanToken | undefined): readonly Edit[] {
    if (!this.#columns.isNamedInExpression(token, next)) return [];
    if (this.#columns.isDropped(token)) {
      throw this.#columns.unclear(`a generated column or default needs ${token.text}`);
    }
    return this.#renamed(token);
  }

  /** A key, a check or a foreign key; its own name stands before its columns. */
  #key(tokens: Tokens): Rewritten {
    const { own, references } = this.#cutReferences(tokens);
    const isCheck = own.some((token) => word(token) === 'CHECK');
    const { inside = [] } = groupAt(own, 0);
    const depth = inside[0]?.depth ?? 0;
    const named = isCheck
      ? inside.filter((token, at) => this.#columns.isNamedInExpression(token, inside[at + 1]))
      : partsOf(inside).flatMap((part) =>
          part[0]?.kind === 'symbol'
            ? part.filter(
                (token, at) =>
                  token.depth > depth && this.#columns.isNamedInExpression(token, part[at + 1]),
              )
            : part.slice(0, 1),
        );
    const others = this.#referenced(references);
    if (others === 'gone' || named.some((token) => this.#columns.isDropped(token))) return 'gone';
    return [...named.flatMap((token) => this.#renamed(token)), ...others];
  }

  #cutReferences(tokens: Tokens): { readonly own: Tokens; readonly references: Tokens } {
    const at = tokens.findIndex((token) => word(token) === 'REFERENCES');
    if (at < 0) return { own: tokens, references: [] };
    return { own: tokens.slice(0, at), references: tokens.slice(at + 1) };
  }

  /** Columns of the table that a foreign key points to. */
  #referenced(tokens: Tokens): Rewritten {
    const place = this.#change.references.find(({ start }) => start === tokens[0]?.start);
    if (place?.table === undefined) return [];
    const { database = this.#change.database, table } = place;
    const name: TableName = { database, table };
    if (!this.#router.isIncluded(name)) return [];
    const columns = new MovedColumns(name, this.#change, this.#router);
    const { inside = [] } = groupAt(
      tokens.filter(({ start }) => start >= place.end),
      0,
    );
    const moved = inside.filter((token) => columns.isMoved(token));
    if (moved.some((token) => columns.isDropped(token))) return 'gone';
    return moved.flatMap((token) => columns.rename(token));
  }

  #clause(tokens: Tokens): Rewritten {
    const rest = tokens.slice(1);
    switch (word(tokens[0])) {
      case 'ADD':
        return this.#added(rest);
      case 'DROP':
        return DROPPED_ELSE.has(word(rest[0])) ? [] : this.#about(withoutHead(rest));
      case 'MODIFY':
        return this.#column(withoutHead(rest));
      case 'CHANGE':
        return this.#changed(withoutHead(rest));
      case 'ALTER':
        return KEY_WORDS.has(word(rest[0])) ? [] : this.#about(withoutHead(rest));
      case 'RENAME':
        return this.#columnRenamed(rest);
      default:
        return this.#nothingIn(tokens);
    }
  }

  #added(tokens: Tokens): Rewritten {
    if (KEY_WORDS.has(word(tokens[0]))) return this.#item(tokens);
    const rest = withoutHead(tokens);
    if (rest[0]?.text !== '(') return this.#item(rest);
    const { inside = [] } = groupAt(rest, 0);
    return this.#list(partsOf(inside), (item) => this.#item(item));
  }

  /** One column, and nothing else is named. */
  #about([name]: Tokens): Rewritten {
    return this.#columns.isDropped(name) ? 'gone' : this.#renamed(name);
  }

  #changed([from, to, ...definition]: Tokens): Rewritten {
    const both = this.#pair(from, to);
    return both === 'gone' ? 'gone' : [...both, ...this.#definition(definition)];
  }

  #columnRenamed(tokens: Tokens): Rewritten {
    if (word(tokens[0]) !== 'COLUMN') return [];
    const [from, , to] = withoutHead(tokens);
    const both = this.#pair(from, to);
    const isSame = both !== 'gone' && this.#columns.nameOf(from) === this.#columns.nameOf(to);
    return isSame ? 'gone' : both;
  }

  /** A column that is dropped under one name only would have to come or go with its values. */
  #pair(from: ScanToken | undefined, to: ScanToken | undefined): Rewritten {
    const isDropped = this.#columns.isDropped(from);
    if (isDropped !== this.#columns.isDropped(to)) {
      throw this.#columns.unclear('one of both names is that of a column that is dropped');
    }
    return isDropped ? 'gone' : [...this.#renamed(from), ...this.#renamed(to)];
  }

  #partitions(tokens: Tokens): readonly Edit[] {
    return tokens.flatMap((token, at) => {
      if (!/^(?:SUB)?PARTITION$/.test(word(token)) || word(tokens[at + 1]) !== 'BY') return [];
      const { inside = [] } = groupAt(tokens, at);
      return inside.flatMap((one, index) => this.#inExpression(one, inside[index + 1]));
    });
  }

  #renamed(token: ScanToken | undefined): readonly Edit[] {
    return token === undefined ? [] : this.#columns.rename(token);
  }

  /** Where the grammar is not known, no word may be a moved column. */
  #nothingIn(tokens: Tokens): Rewritten {
    const token = tokens.find((one) => this.#columns.isMoved(one));
    if (token !== undefined) throw this.#columns.unclear(`${token.text} may be a column`);
    return [];
  }
}

function word(token: ScanToken | undefined): string {
  return token?.kind === 'word' ? token.text.toUpperCase() : '';
}

/** COLUMN, IF EXISTS and IF NOT EXISTS before a name. */
function withoutHead(tokens: Tokens): Tokens {
  const from = word(tokens[0]) === 'COLUMN' ? 1 : 0;
  if (word(tokens[from]) !== 'IF') return tokens.slice(from);
  return tokens.slice(from + (word(tokens[from + 1]) === 'NOT' ? 3 : 2));
}
