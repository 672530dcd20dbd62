/** One INSERT as the program wrote it, without what stands before it and without its semicolon. */
export interface DumpInsert {
  readonly database: string;
  readonly statement: Buffer;
}

const END = Buffer.from(';\n');
const INSERT = Buffer.from('INSERT INTO ');
const COMPLETED = '-- Dump completed';
const NEWLINE = 0x0a;
const DASH = 0x2d;

/**
 * Cuts a dump into statements. A line break never stands inside a value (the programs escape it), so a
 * semicolon before one ends a statement: the native search finds it, and no byte of a row is looked at.
 */
export class DumpStatements {
  readonly #chunks: Buffer[] = [];
  #database = '';
  /** The dump says itself that it is whole. */
  isCompleted = false;
  /** The program has begun to read tables, so its view is open. */
  hasBegun = false;

  /** The INSERTs that end in this piece of the dump. */
  *push(chunk: Buffer): Generator<DumpInsert> {
    let rest = chunk;
    if (this.#endsWithSemicolon() && chunk[0] === NEWLINE) {
      yield* this.#take(Buffer.alloc(0));
      rest = chunk.subarray(1);
    }
    for (;;) {
      const at = rest.indexOf(END);
      if (at < 0) break;
      yield* this.#take(rest.subarray(0, at + 1));
      rest = rest.subarray(at + END.length);
    }
    if (rest.length > 0) this.#chunks.push(rest);
    if (!this.hasBegun) this.hasBegun = this.#text().includes('-- Current Database: ');
  }

  /** The dump has ended: what is left is no statement. */
  end(): void {
    this.isCompleted = this.#text().includes(COMPLETED);
  }

  #endsWithSemicolon(): boolean {
    const last = this.#chunks.at(-1);
    return last !== undefined && last[last.length - 1] === END[0];
  }

  #text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }

  *#take(last: Buffer): Generator<DumpInsert> {
    const whole = this.#chunks.length === 0 ? last : Buffer.concat([...this.#chunks, last]);
    this.#chunks.length = 0;
    const statement = whole.subarray(skipComments(whole));
    if (statement.subarray(0, INSERT.length).equals(INSERT)) {
      this.hasBegun = true;
      yield { database: this.#database, statement: statement.subarray(0, -1) };
    } else this.#use(statement);
  }

  #use(statement: Buffer): void {
    if (statement.length > 1024) return;
    const match = /^USE `((?:[^`]|``)+)`;$/.exec(statement.toString('utf8'));
    if (match?.[1] === undefined) return;
    this.hasBegun = true;
    this.#database = match[1].replaceAll('``', '`');
  }
}

/** Where the statement begins: comments are lines of their own. */
function skipComments(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    if (bytes[at] === NEWLINE) at++;
    else if (bytes[at] === DASH && bytes[at + 1] === DASH) {
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) return bytes.length;
      at = end + 1;
    } else return at;
  }
  return at;
}
