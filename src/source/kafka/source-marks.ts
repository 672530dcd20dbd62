import { REPLAYED, type SourceMark } from '../../core/position.ts';
import type { SourceHeaders } from './message-headers.ts';

/** Between a task's name, in which it cannot be, and its history. */
const SEPARATOR = '@';

/**
 * What came last into a partition from each source task, so that what is sent again is known.
 *
 * A task's numbers are one history for as long as it finds its state. A producer whose state is lost with its topic
 * counts from the beginning, under the same name: its numbers would all be lower than the last one, and its messages be
 * dropped. So each history has a name of its own in the messages, and a mark of its own here.
 *
 * Nobody can tell whether a new history begins behind the one before it or repeats some of it. Where its numbers
 * are those that another history of the task has given already, its messages are doubtful.
 */
export class SourceMarks {
  /** Of all sources but the one whose message came last. Never changed: what was taken shares it. */
  #others: ReadonlyMap<string, SourceMark>;
  #source: string | undefined;
  #seq = 0;
  #part = 0;

  constructor(stored: ReadonlyMap<string, SourceMark>) {
    this.#others = stored;
  }

  /** Messages before this offset have come already. */
  get replayUntil(): number {
    return this.#others.get(REPLAYED)?.seq ?? 0;
  }

  /** What is sent again is not after what came last. */
  isNew({ source, seq, part }: SourceHeaders): boolean {
    if (source === this.#source) return seq > this.#seq || (seq === this.#seq && part > this.#part);
    const last = this.#others.get(source);
    if (last === undefined || seq > last.seq) return true;
    return seq === last.seq && part > last.part;
  }

  isDoubtful({ source, task, seq }: SourceHeaders): boolean {
    const current = this.#source;
    if (current !== undefined && current !== source && this.#seq >= seq && taskOf(current) === task)
      return true;
    if (this.#others.size === 0) return false;
    for (const [other, mark] of this.#others) {
      if (other !== source && mark.seq >= seq && taskOf(other) === task) return true;
    }
    return false;
  }

  passed({ source, seq, part }: SourceHeaders): void {
    if (source !== this.#source) this.#turnTo(source);
    this.#seq = seq;
    this.#part = part;
  }

  /** As they stand now. Behind what was replayed that need not be known any more. */
  take(offset: number): MarksThen {
    if (offset >= this.replayUntil && this.#others.has(REPLAYED)) {
      this.#others = without(this.#others, REPLAYED);
    }
    const source = this.#source;
    const last = source === undefined ? undefined : { source, seq: this.#seq, part: this.#part };
    return new MarksThen(this.#others, last);
  }

  #turnTo(source: string): void {
    const others = new Map(without(this.#others, source));
    const before = this.#source;
    if (before !== undefined) others.set(before, { seq: this.#seq, part: this.#part });
    this.#others = others;
    this.#source = source;
  }
}

/**
 * The marks of one moment. A map of them is made when somebody asks: of a group's transactions nobody does but for the
 * last of each partition.
 */
export class MarksThen {
  readonly #others: ReadonlyMap<string, SourceMark>;
  readonly #last: (SourceMark & { readonly source: string }) | undefined;

  constructor(
    others: ReadonlyMap<string, SourceMark>,
    last: (SourceMark & { readonly source: string }) | undefined,
  ) {
    this.#others = others;
    this.#last = last;
  }

  toMap(): ReadonlyMap<string, SourceMark> {
    if (this.#last === undefined) return this.#others;
    const { source, seq, part } = this.#last;
    return new Map([...this.#others, [source, { seq, part }]]);
  }
}

function without(
  marks: ReadonlyMap<string, SourceMark>,
  name: string,
): ReadonlyMap<string, SourceMark> {
  return new Map([...marks].filter(([other]) => other !== name));
}

export function sourceName(task: string, history: string): string {
  return task + SEPARATOR + history;
}

function taskOf(source: string): string {
  const end = source.indexOf(SEPARATOR);
  return end < 0 ? source : source.slice(0, end);
}
