/**
 * A JSON document with its keys sorted, no blanks, and each number by its value, so that the spelling of
 * a server (1 or 1.0, the order of keys) makes no difference. Numbers are never read as doubles: two
 * that differ in the 17th digit are different. What is no JSON stands as it is.
 */
export function canonicalJson(text: string): string {
  try {
    const reader = new JsonReader(text);
    return reader.document();
  } catch {
    return text;
  }
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const WORD = /true|false|null/y;
const BLANKS = /[ \t\r\n]*/y;

class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): string {
    const value = this.#value();
    this.#take(BLANKS);
    if (this.#at !== this.#text.length) throw new SyntaxError('more than a document');
    return value;
  }

  #value(): string {
    this.#take(BLANKS);
    const next = this.#text.charAt(this.#at);
    if (next === '{') return this.#object();
    if (next === '[') return this.#list(']', () => this.#value(), false);
    if (next === '"') return this.#string();
    return this.#take(WORD) ?? canonicalNumber(this.#must(NUMBER));
  }

  #object(): string {
    return this.#list(
      '}',
      () => {
        this.#take(BLANKS);
        const key = this.#string();
        this.#take(BLANKS);
        this.#expect(':');
        return `${key}:${this.#value()}`;
      },
      true,
    );
  }

  #list(end: ']' | '}', item: () => string, isSorted: boolean): string {
    const begin = this.#text.charAt(this.#at++);
    const items: string[] = [];
    this.#take(BLANKS);
    while (this.#text.charAt(this.#at) !== end) {
      if (items.length > 0) this.#expect(',');
      items.push(item());
      this.#take(BLANKS);
    }
    this.#at++;
    return `${begin}${(isSorted ? items.sort() : items).join(',')}${end}`;
  }

  /** Escapes are written in more than one way. */
  #string(): string {
    return JSON.stringify(JSON.parse(this.#must(STRING)));
  }

  #expect(char: string): void {
    if (this.#text.charAt(this.#at) !== char) throw new SyntaxError(`no ${char}`);
    this.#at++;
  }

  #must(pattern: RegExp): string {
    const taken = this.#take(pattern);
    if (taken === undefined) throw new SyntaxError('no JSON');
    return taken;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match[0];
  }
}

/** Sign, digits without zeros at either end, exponent: -12.50e1 → -125e0. */
function canonicalNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return `${sign}0`;
  const scale = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${scale}`;
}
