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
  readonly #marks: Map<string, SourceMark>;

  constructor(stored: ReadonlyMap<string, SourceMark>) {
    this.#marks = new Map(stored);
  }

  /** Messages before this offset have come already. */
  get replayUntil(): number {
    return this.#marks.get(REPLAYED)?.seq ?? 0;
  }

  /** What is sent again is not after what came last. */
  isNew(headers: SourceHeaders): boolean {
    const last = this.#marks.get(headers.source);
    if (last === undefined || headers.seq > last.seq) return true;
    return headers.seq === last.seq && headers.part > last.part;
  }

  isDoubtful(headers: SourceHeaders): boolean {
    for (const [other, { seq }] of this.#marks) {
      const isOther = other !== headers.source && taskOf(other) === headers.task;
      if (isOther && seq >= headers.seq) return true;
    }
    return false;
  }

  passed({ source, seq, part }: SourceHeaders): void {
    this.#marks.set(source, { seq, part });
  }

  /** As they stand now. Behind what was replayed that need not be known any more. */
  take(offset: number): ReadonlyMap<string, SourceMark> {
    if (offset >= this.replayUntil) this.#marks.delete(REPLAYED);
    return new Map(this.#marks);
  }
}

export function sourceName(task: string, history: string): string {
  return task + SEPARATOR + history;
}

function taskOf(source: string): string {
  const end = source.indexOf(SEPARATOR);
  return end < 0 ? source : source.slice(0, end);
}
