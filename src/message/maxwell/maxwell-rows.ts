import type { RowsChange } from '../../core/change.ts';
import { ByteWriter } from '../../lib/byte-writer.ts';
import type { RowsWriter } from '../encoder.ts';
import { jsonString } from '../json-text.ts';
import { javaHashOfAscii } from '../partition-hash.ts';
import type { RowPlan } from '../row-plan.ts';
import { MaxwellRowWriter, type RowWriterLimits } from './maxwell-row-writer.ts';
import type { EncodeValue } from './maxwell-value.ts';

const OPEN = 0x7b;
const CLOSE = 0x7d;
const COMMIT = Buffer.from(',"commit":true');
const OLD = Buffer.from(',"old":');
const DATA = Buffer.from(',"data":');
const NOTHING = Buffer.alloc(0);
/** Longer values are compared by one call. */
const SHORT = 48;

/** Their JSON is the text by which they count in a partition's hash. */
const INTEGERS = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint']);
const XID = Buffer.from(',"xid":');

/** What is the same for all rows of a change, in the order in which it stands in a message. */
export interface RowsHead {
  /** A whole member with its comma, or nothing. */
  readonly query: string;
  readonly type: string;
  readonly ts: number;
  readonly xid: bigint | undefined;
  readonly hasCommitInfo: boolean;
  /** Whole members with their commas, or nothing. */
  readonly end: string;
}

export interface RowsOptions extends RowWriterLimits {
  /** output_xoffset */
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
  readonly #hasOffset: boolean;
  readonly #hasIntegerKey: boolean;
  readonly #types = new Map<string, Buffer>();
  #type: Buffer = NOTHING;
  #rows: RowsHead | undefined;
  #change: RowsChange | undefined;
  #rowOffset = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  constructor(plan: RowPlan<EncodeValue>, out: ByteWriter, options: RowsOptions) {
    const { hasOffset, ...limits } = options;
    this.#hasOffset = hasOffset;
    this.#hasIntegerKey = plan.key.every(({ column }) => INTEGERS.has(column.type));
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
    this.#type = this.#types.get(head.type) ?? this.#makeType(head.type);
  }

  javaKeyHash({ bytes }: ByteWriter): number | undefined {
    if (!this.#hasIntegerKey) return undefined;
    const { starts, ends } = this.#after;
    let hash = 0;
    for (const column of this.#keyColumns) {
      hash = javaHashOfAscii(bytes, starts[column] ?? 0, ends[column] ?? 0, hash);
    }
    return hash;
  }

  #makeType(type: string): Buffer {
    const member = Buffer.from(`,"type":"${type}","ts":`);
    this.#types.set(type, member);
    return member;
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
    const head = this.#rows;
    if (head === undefined) return;
    out.raw(this.#keyHead);
    if (head.query !== '') out.utf8(head.query);
    out.raw(this.#type);
    out.integer(head.ts);
    if (head.xid !== undefined) {
      out.raw(XID);
      out.bigint(head.xid);
    }
    if (head.hasCommitInfo) {
      if (isCommit) out.raw(COMMIT);
      else if (this.#hasOffset) out.ascii(`,"xoffset":${this.#rowOffset + row}`);
    }
    if (head.end !== '') out.utf8(head.end);
    out.raw(DATA);
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
