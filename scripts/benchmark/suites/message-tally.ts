import type { Tally } from '../workloads/recorder.ts';

interface AnyMessage {
  readonly table?: string;
  readonly data?: Row | readonly Row[] | null;
  readonly source?: { readonly table: string };
  readonly before?: Row | null;
  readonly after?: Row | null;
}
type Row = Readonly<Record<string, unknown>>;

/** Counts the rows in Maxwell's, go-mysql's, Debezium's and canal's messages as `Recorder` counted them. */
export class MessageTally {
  rows = 0;
  sum = 0;
  /** The first that is no row's message. */
  #strange: string | undefined;

  take(value: string): void {
    const message = JSON.parse(value) as AnyMessage;
    const table = message.table ?? message.source?.table;
    const row = message.data ?? message.after ?? message.before;
    if (table === 'end_mark') return;
    if (table === undefined || row === undefined || row === null) {
      this.#strange ??= value;
      return;
    }
    for (const { id } of Array.isArray(row) ? (row as Row[]) : [row as Row]) {
      this.rows += 1;
      this.sum += Number(id);
    }
  }

  /** undefined: every row once. */
  differsFrom({ rows, sum }: Tally): string | undefined {
    if (this.rows === rows && this.sum === sum) return undefined;
    const strange = this.#strange === undefined ? '' : `; what is ${this.#strange}?`;
    return `the topic holds ${this.rows} rows (sum ${this.sum}) of ${rows} (${sum})${strange}`;
  }
}
