import type { Checkpoint, CheckpointStep, StoredState } from '../../src/core/checkpoint.ts';
import type { Position } from '../../src/core/position.ts';
import type { Delivery, Sink } from '../../src/core/sink.ts';
import type { Transaction } from '../../src/core/transaction.ts';
import type { Logger } from '../../src/lib/logger.ts';
import { Histogram } from '../../src/lib/histogram.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { BinlogSource } from '../../src/source/binlog/binlog-source.ts';
import type { CheckpointStore } from '../../src/task/stream-task.ts';
import { fakeTransaction } from '../support/fake-change.ts';

export function positionAt(offset: number): Position {
  return { kind: 'coordinates', coordinates: { file: 'binlog.000001', offset } };
}

/** Transactions `from` … `to`, one position apart. */
export function transactions(from: number, to: number): readonly Transaction[] {
  return Array.from({ length: to - from + 1 }, (_, index) => {
    const seq = from + index;
    return fakeTransaction({ seq, resumeAt: positionAt(seq) });
  });
}

export type Progress = BinlogSource['progress'];

export function fakeProgress(more: Partial<Progress> = {}): Progress {
  return {
    host: '127.0.0.1:3306',
    coordinates: undefined,
    lastCommitAtMs: undefined,
    lastReadAtMs: undefined,
    idleSinceMs: undefined,
    transactions: 0,
    bytes: 0,
    decode: new Histogram(),
    dropped: { filtered: 0, own: 0, skipped: 0, 'rolled-back': 0, sequence: 0, by_rule: 0 },
    ...more,
  };
}

/** What one attempt does: what it yields, then how it ends. */
export interface Script {
  readonly upTo?: number;
  readonly fails?: Error;
  /** Waits for the signal instead of ending. */
  readonly idles?: boolean;
  readonly describeFails?: Error;
}

/** A source whose attempts follow a script; `starts` is where each attempt began. */
export class FakeSource {
  readonly starts: Checkpoint[] = [];
  readonly #scripts: Script[];

  constructor(...scripts: Script[]) {
    this.#scripts = scripts;
  }

  create = (): BinlogSource => {
    const script = this.#scripts.shift() ?? { idles: true };
    const { starts } = this;
    const source = {
      progress: fakeProgress(),
      describe: () =>
        script.describeFails === undefined
          ? Promise.resolve({})
          : Promise.reject(script.describeFails),
      head: () => Promise.resolve(positionAt(99)),
      async *stream(from: Checkpoint, options: { signal: AbortSignal }) {
        starts.push(from);
        if (script.upTo !== undefined) yield transactions(from.seq + 1, script.upTo);
        if (script.fails !== undefined) throw script.fails;
        if (script.idles === true) await aborted(options.signal);
      },
    };
    return source as unknown as BinlogSource;
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Takes everything at once, or holds it until `release`. */
export class FakeSink implements Sink {
  readonly name = 'fake';
  readonly written: number[] = [];
  closed = 0;
  mark: StoredState | undefined;
  failsAt: { readonly seq: number; readonly error: Error } | undefined;

  open(): Promise<StoredState | undefined> {
    return Promise.resolve(this.mark);
  }

  write(batch: readonly Delivery[]): Promise<void> {
    for (const { transaction, ticket } of batch) {
      if (transaction.seq === this.failsAt?.seq) {
        ticket.fail(this.failsAt.error);
        this.failsAt = undefined;
        break;
      }
      this.written.push(transaction.seq);
      ticket.ack();
    }
    return Promise.resolve();
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}

export class FakeStore implements CheckpointStore {
  stored: StoredState | undefined;
  failsWith: Error | undefined;

  load(): StoredState | undefined {
    return this.stored;
  }

  save({ seq, position }: CheckpointStep): void {
    if (this.failsWith !== undefined) throw this.failsWith;
    this.stored = { checkpoint: { seq, position }, schema: new Map() };
  }
}

/** Messages of a level, with the code of their error. */
export function recordingLogger(): { readonly logger: Logger; readonly warnings: string[] } {
  const warnings: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (first: unknown) => {
      const { error } = first as { error?: { code?: string } };
      warnings.push(error?.code ?? String(first));
    },
    child: () => logger,
  };
  return { logger, warnings };
}
