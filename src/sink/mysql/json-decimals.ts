/** A number inside a document that has to stay a DECIMAL. */
export interface JsonDecimal {
  /** MySQL's path to it: `$.price`, `$.items[2]."odd key"`. */
  readonly path: string;
  readonly text: string;
}

/** Only numbers with a zero at the end of a fraction, or of more digits than any double has, can be among them. */
const SUSPECT = /\.\d+0(?!\d)|[\d.]{17}/;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;
const NUMBER = /-?\d+(?:\.(\d+))?(?:[eE][-+]?\d+)?/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;

/**
 * The numbers of a JSON text that are DECIMAL values in the source's document, as far as it matters: parsed as
 * JSON they would become doubles and print otherwise (1.50 as 1.5), or lose digits. Where double and decimal
 * print the same, the double is as good.
 */
export function findJsonDecimals(text: string): readonly JsonDecimal[] {
  return SUSPECT.test(text) ? new DecimalFinder(text).find() : NONE;
}

const NONE: readonly JsonDecimal[] = [];

/** Walks a well-formed text; what is not number, string or bracket is passed over. */
class DecimalFinder {
  readonly #text: string;
  readonly #found: JsonDecimal[] = [];
  /** One leg for each open bracket: the index, or the member's key as quoted in the text. */
  readonly #legs: (number | string)[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  find(): readonly JsonDecimal[] {
    while (this.#at < this.#text.length) this.#step(this.#text.charAt(this.#at));
    return this.#found;
  }

  #step(char: string): void {
    if (char === '"') this.#string();
    else if (char === '-' || (char >= '0' && char <= '9')) this.#number();
    else {
      if (char === '{') this.#legs.push('');
      else if (char === '[') this.#legs.push(0);
      else if (char === '}' || char === ']') this.#legs.pop();
      else if (char === ',') this.#next();
      this.#at++;
    }
  }

  #next(): void {
    const leg = this.#legs.pop();
    if (leg !== undefined) this.#legs.push(typeof leg === 'number' ? leg + 1 : '');
  }

  /** A string before a value is an object's key. */
  #string(): void {
    const text = this.#match(STRING);
    if (this.#legs.at(-1) === '') this.#legs[this.#legs.length - 1] = text;
  }

  #number(): void {
    const text = this.#match(NUMBER);
    if (isDecimal(text)) this.#found.push({ path: this.#path(), text });
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? this.#text.charAt(this.#at);
    this.#at += text.length;
    return text;
  }

  #path(): string {
    return `$${this.#legs.map((leg) => (typeof leg === 'number' ? `[${leg}]` : `.${leg}`)).join('')}`;
  }
}

function isDecimal(text: string): boolean {
  if (/[eE]/.test(text)) return false;
  const [whole = '', fraction] = text.replace('-', '').split('.');
  if (fraction === undefined) {
    if (whole.length < 19) return false;
    const value = BigInt(text);
    return value < MIN_INT64 || value > MAX_UINT64;
  }
  if (fraction.length > 1 && fraction.endsWith('0')) return true;
  const digits = stripZeros(whole + fraction);
  const [mantissa = ''] = Math.abs(Number(text)).toExponential().split('e');
  return digits !== stripZeros(mantissa.replace('.', ''));
}

function stripZeros(digits: string): string {
  return digits.replace(/^0+/, '').replace(/0+$/, '');
}
