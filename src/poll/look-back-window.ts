import type { KeyDigest, KeyRange } from './key-range.ts';
import type { KeyLiterals } from './poll-mark.ts';

interface Chunk {
  readonly after: KeyLiterals | null;
  readonly to: KeyLiterals;
  digest: KeyDigest;
  readonly readAtMs: number;
}

/** One table looks at no more rows again, however many came within its time. */
const MOST_ROWS = 1_000_000n;

/**
 * What was read a short while ago. A transaction may commit a row whose key is smaller than that of rows committed
 * before it (it took its AUTO_INCREMENT earlier), so behind a row that was read another may appear. Each chunk of rows
 * is therefore remembered by how many keys it had and which; one that has others later is read again.
 */
export class LookBackWindow {
  #chunks: Chunk[] = [];
  #rows = 0n;

  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  /** Rows behind this key may still come; undefined: the window is empty. */
  get since(): KeyLiterals | null | undefined {
    const [first] = this.#chunks;
    return first?.after;
  }

  /** All of it as one range, and what its digest is when nothing changed. */
  get whole(): { readonly range: KeyRange; readonly digest: KeyDigest } | undefined {
    const [first] = this.#chunks;
    const last = this.#chunks.at(-1);
    if (first === undefined || last === undefined) return undefined;
    const sum = this.#chunks.reduce((total, { digest }) => total + digest.sum, 0n);
    return { range: { after: first.after, to: last.to }, digest: { rows: this.#rows, sum } };
  }

  add(chunk: Chunk): void {
    this.#chunks.push(chunk);
    this.#rows += chunk.digest.rows;
  }

  /** The chunk was read again. */
  replace(chunk: Chunk, digest: KeyDigest): void {
    this.#rows += digest.rows - chunk.digest.rows;
    chunk.digest = digest;
  }

  /** Forgets what was read before that moment. */
  forget(beforeMs: number): void {
    for (;;) {
      const [first] = this.#chunks;
      if (first === undefined) return;
      if (first.readAtMs >= beforeMs && this.#rows <= MOST_ROWS) return;
      this.#chunks.shift();
      this.#rows -= first.digest.rows;
    }
  }

  clear(): void {
    this.#chunks = [];
    this.#rows = 0n;
  }
}

export function isSameDigest(a: KeyDigest, b: KeyDigest): boolean {
  return a.rows === b.rows && a.sum === b.sum;
}
