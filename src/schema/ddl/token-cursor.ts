import type { TableReference } from '../../core/change.ts';
import type { TableName } from '../../core/table.ts';
import { tokenize } from '../sql-lexer.ts';
import type { Token } from '../sql-token.ts';
import type { ParseDdlOptions } from './parsed-ddl.ts';

/** The statement says something that the parser does not know. Caught in one place: parseDdl. */
export class UnknownSyntax extends Error {
  override readonly name = 'UnknownSyntax';
}

/**
 * The statement's tokens with a place in them. Methods that begin with `accept` move on only when
 * they find what they look for; the others throw UnknownSyntax when they don't. Every table name that
 * is read is noted with its place.
 */
export class TokenCursor {
  readonly options: ParseDdlOptions;
  readonly tokens: readonly Token[];
  readonly references: TableReference[] = [];
  readonly #end: Token;
  #index = 0;

  constructor(statement: string, options: ParseDdlOptions) {
    this.options = options;
    const tokens = tokenize(statement, options);
    while (tokens.at(-1)?.keyword === ';') tokens.pop();
    this.tokens = tokens;
    const end = statement.length;
    this.#end = { kind: 'end', text: '', keyword: '', start: end, end };
  }

  get index(): number {
    return this.#index;
  }

  get isAtEnd(): boolean {
    return this.#index >= this.tokens.length;
  }

  peek(offset = 0): Token {
    return this.tokens[this.#index + offset] ?? this.#end;
  }

  next(): Token {
    const token = this.peek();
    if (this.#index < this.tokens.length) this.#index++;
    return token;
  }

  fail(): never {
    throw new UnknownSyntax(`near "${this.peek().text}"`);
  }

  /** Do these keywords come next, in this order? */
  at(...keywords: readonly string[]): boolean {
    return keywords.every((keyword, offset) => this.peek(offset).keyword === keyword);
  }

  accept(...keywords: readonly string[]): boolean {
    if (!this.at(...keywords)) return false;
    this.#index += keywords.length;
    return true;
  }

  /** The first of these keywords that comes next. */
  acceptOne(keywords: readonly string[]): string | undefined {
    const { keyword } = this.peek();
    if (keyword === '' || !keywords.includes(keyword)) return undefined;
    this.#index++;
    return keyword;
  }

  expect(...keywords: readonly string[]): void {
    if (!this.accept(...keywords)) this.fail();
  }

  acceptIfExists(): boolean {
    return this.accept('IF', 'EXISTS');
  }

  acceptIfNotExists(): boolean {
    return this.accept('IF', 'NOT', 'EXISTS');
  }

  isName(offset = 0): boolean {
    const { kind } = this.peek(offset);
    return kind === 'word' || kind === 'quoted';
  }

  /** An identifier, quoted or not. */
  name(): string {
    if (!this.isName()) this.fail();
    return this.next().text;
  }

  number(): number {
    if (this.peek().kind !== 'number') this.fail();
    return Number(this.next().text);
  }

  /** `t`, `db.t` or `.t`; noted as a reference. */
  tableName(): TableName {
    const first = this.peek();
    if (this.accept('.')) return this.#reference(first, undefined, this.name());
    const name = this.name();
    if (!this.at('.')) return this.#reference(first, undefined, name);
    this.next();
    return this.#reference(first, name, this.name());
  }

  /** Notes a table that an expression names; the tokens are behind it already. */
  noteReference(first: Token, last: Token, name: Partial<TableName>): void {
    const { database, table } = name;
    this.references.push({ database, table, start: first.start, end: last.end });
  }

  databaseName(): string {
    const token = this.peek();
    const database = this.name();
    this.references.push({ database, table: undefined, start: token.start, end: token.end });
    return this.foldCase(database);
  }

  #reference(first: Token, database: string | undefined, table: string): TableName {
    const last = this.tokens[this.#index - 1] ?? first;
    this.references.push({ database, table, start: first.start, end: last.end });
    return {
      database: this.foldCase(database ?? this.options.defaultDatabase),
      table: this.foldCase(table),
    };
  }

  /** Names are stored in lower case on servers that say so. */
  foldCase(name: string): string {
    return this.options.lowerCaseTableNames === 1 ? name.toLowerCase() : name;
  }

  /** From an opening parenthesis to behind the one that closes it. */
  skipParentheses(): void {
    this.expect('(');
    for (let depth = 1; depth > 0;) {
      const token = this.next();
      if (token.kind === 'end' || token.kind === 'bad') this.fail();
      if (token.keyword === '(') depth++;
      else if (token.keyword === ')') depth--;
    }
  }

  /** Everything up to the end; parentheses must match. */
  skipRest(): void {
    while (!this.isAtEnd) {
      if (this.at('(')) this.skipParentheses();
      else if (this.at(')') || this.peek().kind === 'bad') this.fail();
      else this.next();
    }
  }

  /** One value of an option: a word, a literal, a name. */
  skipValue(): void {
    const { kind } = this.peek();
    if (kind === 'symbol' || kind === 'bad' || kind === 'end') this.fail();
    this.next();
  }
}
