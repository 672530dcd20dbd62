/** One token of a statement; `statement.slice(start, end)` is what was written. */
export interface ScanToken {
  /** word: keyword, unquoted identifier or number. name: quoted identifier. text: string literal. */
  readonly kind: 'word' | 'name' | 'text' | 'symbol';
  /** Quotes resolved for names; of other kinds as written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Open parentheses around it. */
  readonly depth: number;
}

const PLAIN_COMMENT = String.raw`\/\*(?!M?!)[\s\S]*?(?:\*\/|$)|#[^\n]*|--(?=\s|$)[^\n]*`;
/** The marks of a versioned comment are skipped and what is in it is read. */
const VERSION_MARK = String.raw`\/\*M?!\d*|\*\/`;
const WORD = String.raw`[\w$\u0080-\uffff]+`;
const ESCAPED_TEXT = String.raw`'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)`;
const PLAIN_TEXT = String.raw`'(?:[^']|'')*(?:'|$)`;
const BACKTICKED = '`(?:[^`]|``)*(?:`|$)';

/**
 * Finds words, names and literals in a statement, for what has to be known beyond the places where
 * it names its tables. What a versioned comment holds counts whatever the version: this scan only
 * ever looks for names that must not occur.
 */
export function scanStatement(
  statement: string,
  sqlModeNames: readonly string[] | undefined,
): readonly ScanToken[] {
  const pattern = patternFor(new Set(sqlModeNames));
  const hasAnsiQuotes = sqlModeNames?.includes('ANSI_QUOTES') ?? false;
  const tokens: ScanToken[] = [];
  let depth = 0;
  for (const match of statement.matchAll(pattern)) {
    const [written] = match;
    const kind = kindOf(written, hasAnsiQuotes);
    if (kind === undefined) continue;
    if (written === ')') depth--;
    const start = match.index;
    const text = kind === 'name' ? unquote(written) : written;
    tokens.push({ kind, text, start, end: start + written.length, depth });
    if (written === '(') depth++;
  }
  return tokens;
}

function patternFor(modes: ReadonlySet<string>): RegExp {
  const single = modes.has('NO_BACKSLASH_ESCAPES') ? PLAIN_TEXT : ESCAPED_TEXT;
  // A doubled quote stands for one in names and texts alike; backslashes escape in texts only.
  const double = (modes.has('ANSI_QUOTES') ? PLAIN_TEXT : single).replaceAll("'", '"');
  const parts = [PLAIN_COMMENT, VERSION_MARK, single, double, BACKTICKED, WORD, String.raw`\S`];
  return new RegExp(parts.join('|'), 'g');
}

function kindOf(written: string, hasAnsiQuotes: boolean): ScanToken['kind'] | undefined {
  const first = written.charAt(0);
  if (first === '`') return 'name';
  if (first === "'") return 'text';
  if (first === '"') return hasAnsiQuotes ? 'name' : 'text';
  if (/^(?:\/\*|\*\/|#|--\s|--$)/.test(written) || written.startsWith('--')) return undefined;
  return /^[\w$\u0080-\uffff]/.test(written) ? 'word' : 'symbol';
}

function unquote(written: string): string {
  const quote = written.charAt(0);
  const inner = written.endsWith(quote) ? written.slice(1, -1) : written.slice(1);
  return inner.replaceAll(quote + quote, quote);
}

/** Index of the first of these words in a row outside of parentheses; -1: not there. */
export function findWords(tokens: readonly ScanToken[], ...words: readonly string[]): number {
  return tokens.findIndex((_, index) =>
    words.every((word, offset) => {
      const token = tokens[index + offset];
      return token?.kind === 'word' && token.depth === 0 && token.text.toUpperCase() === word;
    }),
  );
}
