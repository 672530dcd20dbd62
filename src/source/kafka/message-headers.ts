import type { SourceMark } from '../../core/position.ts';
import type { KafkaRecord } from '../../kafka/record-reader.ts';
import { sourceName } from './source-marks.ts';

const NAMES = ['task', 'history', 'seq', 'part'].map((name) => Buffer.from(`tailrace-${name}`));

/** What tailrace writes with each of its messages. */
export interface SourceHeaders extends SourceMark {
  readonly task: string;
  /** The task and the history of its numbers: see `SourceMarks`. Where a message does not say it, the task alone. */
  readonly source: string;
  /** `n/n`: the transaction's last message. */
  readonly isLast: boolean;
}

/** undefined: the message is somebody else's. */
export function readSourceHeaders(record: KafkaRecord): SourceHeaders | undefined {
  const [task, history, seqText, partText = ''] = record.pick(NAMES);
  const seq = Number(seqText);
  if (!Number.isSafeInteger(seq)) return undefined;
  const [part = '', of] = partText.split('/');
  if (task === undefined || !/^\d+$/.test(part)) return undefined;
  const source = history === undefined ? task : sourceName(task, history);
  return { task, source, seq, part: Number(part), isLast: of === part };
}
