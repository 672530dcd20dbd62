import type { SqlDialect, Token } from './sql-token.ts';

const SPACE = 32;
const DOUBLE_QUOTE = 34;
const HASH = 35;
const SINGLE_QUOTE = 39;
const ASTERISK = 42;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const BACKSLASH = 92;
const BACKTICK = 96;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Characters of an unquoted identifier: letters, digits, `$`, `_` and everything beyond ASCII. */
const isIdentifierCode = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  isDigit(code) ||
  code === 95 ||
  code === 36 ||
  code >= 128;

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  '0': '\0',
  Z: '\x1a',
};

/**
 * Reads a statement token by token, as the server that logged it did: comments are passed over, the
 * content of a versioned comment counts when that server would have run it. It never throws: what
 * cannot be read is one `bad` token, and `end` follows for ever.
 *
 * Versioned comments: `/*!NNNNN` and `/*!NNNNNN` run on servers of that version or later; MariaDB
 * passes over 50700…99999, which are versions of MySQL alone; `/*M!` is MariaDB's own.
 */
export class SqlLexer {
  readonly #sql: string;
  readonly #dialect: SqlDialect;
  readonly #hasAnsiQuotes: boolean;
  readonly #hasBackslash: boolean;
  #at = 0;
  #versionedDepth = 0;
  #isAfterDot = false;

  constructor(sql: string, dialect: SqlDialect) {
    this.#sql = sql;
    this.#dialect = dialect;
    const modes = dialect.sqlModeNames ?? [];
    this.#hasAnsiQuotes = modes.includes('ANSI_QUOTES') || modes.includes('ANSI');
    this.#hasBackslash = !modes.includes('NO_BACKSLASH_ESCAPES');
  }

  next(): Token {
    if (!this.#skipSpace()) return this.#bad(this.#at);
    const start = this.#at;
    if (start >= this.#sql.length) {
      return { kind: 'end', text: '', keyword: '', start, end: start };
    }
    const token = this.#read(start, this.#sql.charCodeAt(start));
    this.#isAfterDot = token.kind === 'symbol' && token.text === '.';
    return token;
  }

  #read(start: number, code: number): Token {
    switch (code) {
      case BACKTICK:
        return this.#readQuoted(start, BACKTICK, 'quoted');
      case SINGLE_QUOTE:
        return this.#readQuoted(start, SINGLE_QUOTE, 'string');
      case DOUBLE_QUOTE:
        return this.#readQuoted(start, DOUBLE_QUOTE, this.#hasAnsiQuotes ? 'quoted' : 'string');
      case DOT:
        if (!this.#isAfterDot && this.#isFraction(start)) return this.#readNumber(start);
        return this.#symbol(start);
      default:
        if (isIdentifierCode(code)) return this.#readWord(start, code);
        return this.#symbol(start);
    }
  }

  /** `.5` is a number where no identifier stands right before the dot. */
  #isFraction(start: number): boolean {
    return (
      isDigit(this.#code(start + 1)) && (start === 0 || !isNameEnd(this.#sql.charCodeAt(start - 1)))
    );
  }

  #code(at: number): number {
    return at < this.#sql.length ? this.#sql.charCodeAt(at) : -1;
  }

  #symbol(start: number): Token {
    const text = this.#sql.charAt(start);
    this.#at = start + 1;
    return { kind: 'symbol', text, keyword: text, start, end: start + 1 };
  }

  #bad(start: number): Token {
    this.#at = this.#sql.length;
    return { kind: 'bad', text: '', keyword: '', start, end: this.#sql.length };
  }

  #readWord(start: number, first: number): Token {
    let end = start + 1;
    while (isIdentifierCode(this.#code(end))) end++;
    if (isDigit(first) && !this.#isAfterDot) {
      const numeric = this.#readNumeric(start, end);
      if (numeric !== undefined) return numeric;
    }
    if (end === start + 1 && this.#code(end) === SINGLE_QUOTE) {
      const prefix = this.#sql.charAt(start).toLowerCase();
      if (prefix === 'n') return this.#readQuoted(start, SINGLE_QUOTE, 'string', end);
      if (prefix === 'x' || prefix === 'b') return this.#readBinary(start, end);
    }
    this.#at = end;
    const text = this.#sql.slice(start, end);
    return { kind: 'word', text, keyword: text.toUpperCase(), start, end };
  }

  /** A word that begins with a digit: 12, 1.5, 1e5, 0xFF, 0b01; undefined: an identifier such as `2024_logs`. */
  #readNumeric(start: number, end: number): Token | undefined {
    const text = this.#sql.slice(start, end);
    if (/^(0x[0-9a-f]+|0b[01]+)$/i.test(text)) {
      this.#at = end;
      return { kind: 'binary', text, keyword: '', start, end };
    }
    return /^\d+(e\d*)?$/i.test(text) ? this.#readNumber(start) : undefined;
  }

  #readNumber(start: number): Token {
    const pattern = /\d*(\.\d*)?(e[+-]?\d+)?/iy;
    pattern.lastIndex = start;
    const text = pattern.exec(this.#sql)?.[0] ?? this.#sql.charAt(start);
    const end = start + Math.max(1, text.length);
    this.#at = end;
    return { kind: 'number', text, keyword: '', start, end };
  }

  #readBinary(start: number, quoteAt: number): Token {
    const close = this.#sql.indexOf("'", quoteAt + 1);
    if (close < 0) return this.#bad(start);
    this.#at = close + 1;
    const text = this.#sql.slice(start, close + 1);
    return { kind: 'binary', text, keyword: '', start, end: close + 1 };
  }

  #readQuoted(start: number, quote: number, kind: 'quoted' | 'string', quoteAt = start): Token {
    const hasEscapes = kind === 'string' && this.#hasBackslash;
    let at = quoteAt + 1;
    let isPlain = true;
    for (;;) {
      const code = this.#code(at);
      if (code === -1) return this.#bad(start);
      if (code === quote) {
        if (this.#code(at + 1) !== quote) break;
        isPlain = false;
        at += 2;
      } else if (code === BACKSLASH && hasEscapes) {
        isPlain = false;
        at += 2;
      } else at++;
    }
    this.#at = at + 1;
    const inner = this.#sql.slice(quoteAt + 1, at);
    const text = isPlain ? inner : unquote(inner, String.fromCharCode(quote), hasEscapes);
    return { kind, text, keyword: '', start, end: at + 1 };
  }

  /** Passes white space and comments; false: a comment has no end. */
  #skipSpace(): boolean {
    for (;;) {
      const code = this.#code(this.#at);
      if (code === -1) return true;
      if (code <= SPACE) this.#at++;
      else if (code === HASH || (code === MINUS && this.#isDashComment())) this.#skipLine();
      else if (this.#isPair(SLASH, ASTERISK)) {
        if (!this.#skipComment()) return false;
      } else if (this.#versionedDepth > 0 && this.#isPair(ASTERISK, SLASH)) {
        this.#versionedDepth--;
        this.#at += 2;
      } else return true;
    }
  }

  #isPair(first: number, second: number): boolean {
    return this.#code(this.#at) === first && this.#code(this.#at + 1) === second;
  }

  #isDashComment(): boolean {
    if (this.#code(this.#at + 1) !== MINUS) return false;
    const after = this.#code(this.#at + 2);
    return after === -1 || after <= SPACE;
  }

  #skipLine(): void {
    const end = this.#sql.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#sql.length : end + 1;
  }

  #skipComment(): boolean {
    const header = /\/\*(M?)!(\d{5,6})?/y;
    header.lastIndex = this.#at;
    const match = header.exec(this.#sql);
    if (match !== null && this.#isRun(match[1] === 'M', match[2])) {
      this.#at += match[0].length;
      this.#versionedDepth++;
      return true;
    }
    return this.#skipPlainComment(match !== null);
  }

  #isRun(isMariadbOnly: boolean, digits: string | undefined): boolean {
    const isMariadb = this.#dialect.flavor === 'mariadb';
    if (isMariadbOnly && !isMariadb) return false;
    if (digits === undefined) return true;
    const version = Number(digits);
    if (version > this.#dialect.versionNumber) return false;
    return !isMariadb || isMariadbOnly || version < 50_700 || version > 99_999;
  }

  /** A versioned comment that does not run may hold plain comments. */
  #skipPlainComment(mayNest: boolean): boolean {
    let from = this.#at + 2;
    for (;;) {
      const close = this.#sql.indexOf('*/', from);
      if (close < 0) return false;
      const open = mayNest ? this.#sql.indexOf('/*', from) : -1;
      if (open >= 0 && open < close) {
        const innerClose = this.#sql.indexOf('*/', open + 2);
        if (innerClose < 0) return false;
        from = innerClose + 2;
        continue;
      }
      this.#at = close + 2;
      return true;
    }
  }
}

function isNameEnd(code: number): boolean {
  return isIdentifierCode(code) || code === BACKTICK || code === DOUBLE_QUOTE;
}

function unquote(inner: string, quote: string, hasEscapes: boolean): string {
  let text = '';
  for (let i = 0; i < inner.length; i++) {
    const char = inner.charAt(i);
    if (char === '\\' && hasEscapes) {
      const escaped = inner.charAt(++i);
      // `\%` and `\_` keep their backslash: they mean something in patterns only.
      if (escaped === '%' || escaped === '_') text += '\\';
      text += ESCAPES[escaped] ?? escaped;
    } else {
      if (char === quote) i++;
      text += char;
    }
  }
  return text;
}

/** All tokens of a statement without the end; for statements of modest size. */
export function tokenize(sql: string, dialect: SqlDialect): Token[] {
  const lexer = new SqlLexer(sql, dialect);
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== 'end'; token = lexer.next()) tokens.push(token);
  return tokens;
}
