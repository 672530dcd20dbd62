import type { SourceMark } from '../../core/position.ts';
import { VarintReader, type KafkaRecord } from '../../kafka/record-reader.ts';
import { equalsAt } from '../../message/decode/json-scan.ts';
import { sourceName } from './source-marks.ts';

/** What tailrace writes with each of its messages. */
export interface SourceHeaders extends SourceMark {
  readonly task: string;
  /** The task and the history of its numbers: see `SourceMarks`. Where a message does not say it, the task alone. */
  readonly source: string;
  /** `n/n`: the transaction's last message. */
  readonly isLast: boolean;
}

const NAMES = ['task', 'history', 'seq', 'part'].map((name) => Buffer.from(`tailrace-${name}`));
const PREFIX_LENGTH = 'tailrace-'.length;
const TASK = 0;
const SEQ = 2;
const PART = 3;
const SLASH = 0x2f;
/** Those of the largest number that is exact. */
const MAX_DIGITS = 16;
const NONE = -1;

/**
 * Reads them from the bytes of a record. Those of a task and its history are the same in one message after the other, so
 * their text is made once.
 */
export class HeaderReader {
  /** Of each name: where the first value of this name begins and ends; -1: there is none. */
  readonly #starts = [NONE, NONE, NONE, NONE];
  readonly #ends = [NONE, NONE, NONE, NONE];
  #known: KnownSource | undefined;

  /** undefined: the message is somebody else's. */
  read(record: KafkaRecord): SourceHeaders | undefined {
    const { bytes } = record;
    this.#find(record);
    const starts = this.#starts;
    const ends = this.#ends;
    const seq = integerAt(bytes, starts[SEQ] as number, ends[SEQ] as number);
    const partAt = starts[PART] as number;
    const partEnd = ends[PART] as number;
    const slash = slashAt(bytes, partAt, partEnd);
    const part = integerAt(bytes, partAt, slash);
    if (seq < 0 || part < 0 || starts[TASK] === NONE) return undefined;
    const { task, source } = this.#source(bytes);
    return { task, source, seq, part, isLast: isSame(bytes, partAt, slash, partEnd) };
  }

  #find({ bytes, headersAt }: KafkaRecord): void {
    this.#starts.fill(NONE);
    this.#ends.fill(NONE);
    const reader = new VarintReader(bytes, headersAt);
    for (let count = reader.varint(); count > 0; count--) {
      const nameLength = reader.skipBlob();
      const name = nameAt(bytes, reader.at - nameLength, reader.at);
      const length = reader.skipBlob();
      if (name === NONE || this.#starts[name] !== NONE) continue;
      this.#starts[name] = reader.at - length;
      this.#ends[name] = reader.at;
    }
  }

  #source(bytes: Buffer): KnownSource {
    const [taskAt = 0, historyAt = 0] = this.#starts;
    const [taskEnd = 0, historyEnd = 0] = this.#ends;
    const known = this.#known;
    if (
      known !== undefined &&
      equalsAt(bytes, taskAt, taskEnd, known.taskBytes) &&
      equalsAt(bytes, historyAt, historyEnd, known.historyBytes) &&
      known.hasHistory === (historyAt !== NONE)
    ) {
      return known;
    }
    const hasHistory = historyAt !== NONE;
    const taskBytes = Buffer.from(bytes.subarray(taskAt, taskEnd));
    const historyBytes = Buffer.from(hasHistory ? bytes.subarray(historyAt, historyEnd) : '');
    const task = taskBytes.toString();
    const source = hasHistory ? sourceName(task, historyBytes.toString()) : task;
    this.#known = { task, source, hasHistory, taskBytes, historyBytes };
    return this.#known;
  }
}

interface KnownSource {
  readonly task: string;
  readonly source: string;
  readonly hasHistory: boolean;
  /** Copies: a slice would keep the whole fetch in memory. */
  readonly taskBytes: Buffer;
  readonly historyBytes: Buffer;
}

/** Which of the names it is; by its length and the letter behind the dash there is but one that it can be. */
function nameAt(bytes: Buffer, start: number, end: number): number {
  const letter = bytes[start + PREFIX_LENGTH];
  for (let index = 0; index < NAMES.length; index++) {
    const name = NAMES[index] as Buffer;
    if (name.length !== end - start || name[PREFIX_LENGTH] !== letter) continue;
    return equalsAt(bytes, start, end, name) ? index : NONE;
  }
  return NONE;
}

/** -1: it is no number, or none that is exact. */
function integerAt(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (start < 0 || length < 1 || length > MAX_DIGITS) return NONE;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return NONE;
    value = value * 10 + digit;
  }
  return Number.isSafeInteger(value) ? value : NONE;
}

/** Of `2/2`; the end where there is none. */
function slashAt(bytes: Buffer, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === SLASH) return at;
  return end;
}

/** Is what stands behind the slash what stands before it? */
function isSame(bytes: Buffer, start: number, slash: number, end: number): boolean {
  const length = slash - start;
  if (end - slash - 1 !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== bytes[slash + 1 + i]) return false;
  return true;
}
