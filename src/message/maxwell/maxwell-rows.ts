import type { RowsChange } from '../../core/change.ts';
import { ByteWriter } from '../../lib/byte-writer.ts';
import type { RowsWriter } from '../encoder.ts';
import { jsonString } from '../json-text.ts';
import type { RowPlan } from '../row-plan.ts';
import { MaxwellRowWriter, type RowWriterLimits } from './maxwell-row-writer.ts';
import type { EncodeValue } from './maxwell-value.ts';

const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMIT = Buffer.from(',"commit":true');
const OLD = Buffer.from(',"old":');
const DATA = ',"data":';
/** Longer values are compared by one call. */
const SHORT = 48;

/** What is the same for all rows of a change. */
export interface RowsHead {
  readonly start: string;
  readonly end: string;
  readonly hasCommitInfo: boolean;
  readonly hasOffset: boolean;
}

/** Messages of whole rows changes, as bytes: value first, then the key made of its parts. */
export class MaxwellRows implements RowsWriter {
  readonly #keyHead: Buffer;
  readonly #keyLabels: readonly Buffer[];
  readonly #keyColumns: readonly number[];
  readonly #columns: readonly number[];
  readonly #after: MaxwellRowWriter;
  readonly #before: MaxwellRowWriter;
  readonly #beforeBytes = new ByteWriter(4096);
  readonly #head = new ByteWriter(1024);
  #headEnd = 0;
  #rows: RowsHead | undefined;
  #change: RowsChange | undefined;
  #rowOffset = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  constructor(plan: RowPlan<EncodeValue>, out: ByteWriter, limits: RowWriterLimits) {
    this.#after = new MaxwellRowWriter(plan, out, limits);
    this.#before = new MaxwellRowWriter(plan, this.#beforeBytes, limits);
    this.#columns = plan.columns.map(({ index }) => index);
    this.#keyColumns = plan.key.map(({ index }) => index);
    this.#keyHead = Buffer.from(`{${plan.names}`);
    this.#keyLabels = plan.key.map(({ name }) =>
      Buffer.from(`,${jsonString(`pk.${name.toLowerCase()}`)}:`),
    );
  }

  begin(change: RowsChange, head: RowsHead, rowOffset: number): void {
    this.#change = change;
    this.#rows = head;
    this.#rowOffset = rowOffset;
    this.#head.clear();
    this.#head.utf8(head.start);
    this.#headEnd = this.#head.length;
    this.#head.utf8(head.end);
    this.#head.ascii(DATA);
  }

  write(row: number, isCommit: boolean, out: ByteWriter): void {
    const change = this.#change;
    if (change === undefined) return;
    out.clear();
    this.valueStart = 0;
    this.#writeHead(row, isCommit, out);
    const dataAt = out.length;
    this.#after.write(change.after ?? change.before, row, out);
    closeObject(out, dataAt);
    if (change.action === 'update') this.#writeOld(change, row, out);
    out.byte(CLOSE);
    this.valueEnd = out.length;
    this.#writeKey(out);
  }

  #writeHead(row: number, isCommit: boolean, out: ByteWriter): void {
    const head = this.#head;
    out.copy(head.bytes, 0, this.#headEnd);
    if (this.#rows?.hasCommitInfo === true) {
      if (isCommit) out.raw(COMMIT);
      else if (this.#rows.hasOffset) out.ascii(`,"xoffset":${this.#rowOffset + row}`);
    }
    out.copy(head.bytes, this.#headEnd, head.length);
  }

  /** Before values of the columns that differ. */
  #writeOld(change: Extract<RowsChange, { action: 'update' }>, row: number, out: ByteWriter): void {
    const before = this.#beforeBytes;
    before.clear();
    this.#before.write(change.before, row, before);
    const end = out.length;
    out.raw(OLD);
    const oldAt = out.length;
    for (const column of this.#columns) {
      if (this.#isSame(column, out)) continue;
      out.raw(this.#before.label(column));
      out.copy(before.bytes, this.#before.starts[column] ?? 0, this.#before.ends[column] ?? 0);
    }
    if (out.length === oldAt) out.truncate(end);
    else closeObject(out, oldAt);
  }

  #isSame(column: number, out: ByteWriter): boolean {
    const was = this.#before.starts[column] ?? 0;
    const is = this.#after.starts[column] ?? 0;
    const length = (this.#before.ends[column] ?? 0) - was;
    if ((this.#after.ends[column] ?? 0) - is !== length) return false;
    const a = this.#beforeBytes.bytes;
    const b = out.bytes;
    if (length > SHORT) return a.compare(b, is, is + length, was, was + length) === 0;
    for (let i = 0; i < length; i++) if (a[was + i] !== b[is + i]) return false;
    return true;
  }

  #writeKey(out: ByteWriter): void {
    this.keyStart = out.length;
    out.raw(this.#keyHead);
    for (const [i, column] of this.#keyColumns.entries()) {
      out.raw(this.#keyLabels[i] ?? this.#keyHead);
      const start = this.#after.starts[column] ?? 0;
      const end = this.#after.ends[column] ?? 0;
      out.reserve(end - start);
      out.copy(out.bytes, start, end);
    }
    out.byte(CLOSE);
    this.keyEnd = out.length;
  }
}

/** The first member's comma becomes the brace. */
function closeObject(out: ByteWriter, start: number): void {
  if (out.length === start) out.byte(OPEN);
  else out.bytes[start] = OPEN;
  out.byte(CLOSE);
}
