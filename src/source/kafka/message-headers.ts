import type { SourceMark } from '../../core/position.ts';
import type { KafkaRecord } from '../../kafka/record-reader.ts';

const TASK = Buffer.from('tailrace-task');
const SEQ = Buffer.from('tailrace-seq');
const PART = Buffer.from('tailrace-part');

/** What tailrace writes with each of its messages. */
export interface SourceHeaders extends SourceMark {
  readonly task: string;
  /** `n/n`: the transaction's last message. */
  readonly isLast: boolean;
}

/** undefined: the message is somebody else's. */
export function readSourceHeaders(record: KafkaRecord): SourceHeaders | undefined {
  const seq = Number(record.header(SEQ));
  if (!Number.isSafeInteger(seq)) return undefined;
  const task = record.header(TASK);
  const [part = '', of] = (record.header(PART) ?? '').split('/');
  if (task === undefined || !/^\d+$/.test(part)) return undefined;
  return { task, seq, part: Number(part), isLast: of === part };
}

/** Does it come after what was applied last? */
export function isNew(mark: SourceMark, last: SourceMark | undefined): boolean {
  if (last === undefined || mark.seq > last.seq) return true;
  return mark.seq === last.seq && mark.part > last.part;
}
