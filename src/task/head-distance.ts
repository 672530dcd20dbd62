import type { Checkpoint } from '../core/checkpoint.ts';
import {
  compareCoordinates,
  formatCoordinates,
  formatPosition,
  type BinlogCoordinates,
} from '../core/position.ts';
import { bytesBetween, type SourceHead } from '../source/binlog/head-probe.ts';
import type { RetentionStatus, SourceStatus } from '../status/task-status.ts';
import { RetentionWatch } from './retention.ts';

interface Place {
  readonly done: Checkpoint | undefined;
  readonly read: BinlogCoordinates | undefined;
  readonly doneAtMs: number;
}

/** Where the source's head is, and how far a task is from it. */
export class HeadDistance {
  #head: SourceHead | undefined;
  readonly #retention = new RetentionWatch();

  observe(head: SourceHead, { done, doneAtMs }: Place): void {
    this.#head = head;
    const bytes = this.distance(done).bytes;
    if (bytes !== undefined) this.#retention.look(head, bytes, doneAtMs, head.atMs);
  }

  get status(): SourceStatus['head'] {
    const head = this.#head;
    if (head === undefined) return null;
    return {
      coordinates: formatCoordinates(head.position.coordinates),
      position: formatPosition(head.position),
      at: new Date(head.atMs).toISOString(),
    };
  }

  retention(nowMs: number): RetentionStatus | null {
    return this.#head === undefined ? null : this.#retention.status(this.#head, nowMs);
  }

  /** The source has more than was read of it when it was asked last. */
  isBehind(read: BinlogCoordinates | undefined): boolean {
    const head = this.#head?.position.coordinates;
    if (head === undefined || read === undefined || read.file === '') return false;
    return compareCoordinates(read, head) < 0;
  }

  distance(done: Checkpoint | undefined): {
    readonly transactions?: number | undefined;
    readonly bytes?: number | undefined;
  } {
    const head = this.#head;
    if (head === undefined || done === undefined) return {};
    const { position } = head;
    const at = done.position;
    // What was done since the head was seen counts as nothing left.
    const transactions =
      position.kind === 'gtid' && at.kind === 'gtid'
        ? position.gtidSet.countBeyond(at.gtidSet)
        : undefined;
    if (transactions === 0) return { transactions, bytes: 0 };
    if (at.coordinates.file === '') return { transactions };
    return { transactions, bytes: bytesBetween(at.coordinates, position.coordinates, head.files) };
  }
}
