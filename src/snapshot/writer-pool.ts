import type { CopyPiece, CopyTarget } from '../core/copy.ts';
import { createDeferred, type Deferred } from '../lib/deferred.ts';

/** Hands pieces to whichever connection is free; the first failure ends it all. */
export class WriterPool {
  readonly #target: CopyTarget;
  readonly #free: number[];
  #waiting: Deferred<number>[] = [];
  readonly #writing = new Set<Deferred<undefined>>();
  #failure: Error | undefined;

  constructor(target: CopyTarget) {
    this.#target = target;
    this.#free = Array.from({ length: target.writerCount }, (_, index) => index);
  }

  /**
   * Resolves when a connection has taken the piece. `onWritten` is called when its rows are committed;
   * what fails is thrown by the next call.
   */
  async write(piece: CopyPiece, onWritten: (rows: number) => void): Promise<void> {
    const writer = await this.#acquire();
    this.#target.write(writer, piece).then(
      (rows) => {
        onWritten(rows);
        this.#release(writer);
      },
      (thrown: unknown) => {
        this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
      },
    );
  }

  /** Resolves when the rows are committed. */
  async writeThrough(piece: CopyPiece): Promise<void> {
    const written = createDeferred<undefined>();
    // It fails with the pool.
    this.#writing.add(written);
    try {
      await this.write(piece, () => {
        written.resolve(undefined);
      });
      await written.promise;
    } finally {
      this.#writing.delete(written);
    }
  }

  #acquire(): Promise<number> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const writer = this.#free.pop();
    if (writer !== undefined) return Promise.resolve(writer);
    const waiting = createDeferred<number>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  #release(writer: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(writer);
    else next.resolve(writer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
    for (const written of this.#writing) {
      written.promise.catch(() => undefined);
      written.reject(this.#failure);
    }
  }

  /** Resolves when every connection is free; throws what failed. */
  async drain(): Promise<void> {
    const all: number[] = [];
    while (all.length < this.#target.writerCount) all.push(await this.#acquire());
    for (const writer of all) this.#release(writer);
  }
}
