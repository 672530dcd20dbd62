import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import type { OrderedAcker } from '../../src/core/ticket.ts';
import type { Transaction } from '../../src/core/transaction.ts';
import { registerSecret } from '../../src/lib/secrets.ts';
import { judgeHealth, judgeReadiness } from '../../src/status/health.ts';
import { TaskBoard } from '../../src/task/task-board.ts';
import { fakeDdl, fakeTransaction } from '../support/fake-change.ts';
import { FakeSink, fakeProgress, positionAt, type Progress } from './fake-stream.ts';

const T0 = Date.parse('2026-11-21T10:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ now: T0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A board that streams, with an acker whose oldest transaction the test sets. */
function streaming(more: Partial<Progress> = {}) {
  const board = new TaskBoard('shop');
  const progress = fakeProgress(more);
  const acker = {
    bytesInFlight: 0,
    lowWater: undefined,
    oldest: undefined as { transaction: Transaction; hasDdl: boolean; sinceMs: number } | undefined,
  };
  const sink = Object.assign(new FakeSink(), { counters: { rows: 0, transactions: 0 } });
  const connect = (): void => {
    board.stream({
      source: { progress },
      sinks: [sink],
      acker: acker as unknown as OrderedAcker,
      from: { seq: 0, position: positionAt(0) },
    });
  };
  connect();
  const hold = (transaction: Partial<Transaction> | undefined): void => {
    acker.oldest =
      transaction === undefined
        ? undefined
        : {
            transaction: fakeTransaction(transaction),
            hasDdl: transaction.changes?.some(({ kind }) => kind === 'ddl') === true,
            sinceMs: 0,
          };
  };
  return { board, progress, acker, sink, connect, hold };
}

const lost = (): TailraceError => new TailraceError('SOURCE_CONNECTION_LOST', 'cut');

describe('lag', () => {
  it('is the age of the oldest transaction that is not done', () => {
    const { board, hold } = streaming();
    hold({ committedAtMs: T0 - 5000 });
    expect(board.status().lag).toMatchObject({
      seconds: 5,
      oldest: '00000000-0000-0000-0000-000000000001:7',
      bytesInFlight: 0,
    });
    vi.advanceTimersByTime(2000);
    expect(board.status().lag.seconds).toBe(7);
    hold({ committedAtMs: T0, gtid: undefined });
    expect(board.status().lag.oldest).toBe('binlog.000003:4600');
  });

  it('is 0 when all is done and what came last was fresh, however long ago', () => {
    const { board } = streaming({ lastCommitAtMs: T0 - 900, lastReadAtMs: T0 });
    for (let second = 0; second < 20; second++) {
      vi.advanceTimersByTime(1000);
      expect(board.status().lag.seconds).toBe(0);
    }
  });

  it('is that of the last transaction while a backlog is read, until the source has no more', () => {
    const { board, progress } = streaming({ lastCommitAtMs: T0 - 3_600_000, lastReadAtMs: T0 });
    expect(board.status().lag.seconds).toBe(3600);
    progress.idleSinceMs = T0;
    expect(board.status().lag.seconds).toBe(0);
  });

  it('is unknown while nothing is connected, and never negative', () => {
    const { board, hold } = streaming();
    hold({ committedAtMs: T0 + 5000 });
    expect(board.status().lag.seconds).toBe(0);
    board.retry(lost());
    expect(board.status().lag).toMatchObject({ seconds: null, oldest: null });
    expect(new TaskBoard('new').status().lag.seconds).toBeNull();
  });
});

describe('health', () => {
  const verdict = (board: TaskBoard): string | undefined => judgeHealth([board.status()]);

  it('tries that follow each other for a minute make it unhealthy, however often they begin anew', () => {
    const { board, connect } = streaming();
    for (let attempt = 0; attempt < 12; attempt++) {
      expect(verdict(board)).toBeUndefined();
      board.retry(lost());
      vi.advanceTimersByTime(5_000);
      // Connected again each time, and nothing comes of it.
      connect();
    }
    vi.advanceTimersByTime(1_000);
    expect(verdict(board)).toBe('task shop has done nothing for 61 s: SOURCE_CONNECTION_LOST: cut');
    expect(board.status().retries).toBe(12);
  });

  it('is well again with the next checkpoint, or when the source says that there is nothing to do', () => {
    const { board, progress, connect } = streaming();
    board.retry(lost());
    vi.advanceTimersByTime(90_000);
    connect();
    expect(verdict(board)).toMatch(/90 s/);
    board.checkpoint({ seq: 1, position: positionAt(1) });
    expect([verdict(board), board.status().error]).toEqual([undefined, null]);

    board.retry(lost());
    vi.advanceTimersByTime(90_000);
    connect();
    progress.idleSinceMs = Date.now();
    expect([verdict(board), board.status().error, board.isCalm]).toEqual([undefined, null, true]);
  });

  it('a transaction that gets nowhere for a minute is named; one that moves, or a DDL, is work', () => {
    const { board, acker, sink, hold } = streaming();
    hold({ seq: 8 });
    for (let second = 0; second < 90; second++) {
      vi.advanceTimersByTime(1000);
      if (second % 20 === 0) acker.bytesInFlight += 1;
      if (second % 33 === 0) sink.counters.rows += 1;
      expect(verdict(board)).toBeUndefined();
    }
    vi.advanceTimersByTime(61_000);
    expect(verdict(board)).toMatch(
      /^task shop has done nothing for \d\d s, at transaction 0{8}-[0-]*1:7$/,
    );
    hold({ seq: 9, changes: [fakeDdl('ALTER TABLE t FORCE', {})] });
    expect(verdict(board)).toBeUndefined();
    vi.advanceTimersByTime(3_600_000);
    expect(verdict(board)).toBeUndefined();
    hold(undefined);
    expect(board.status().stalledSeconds).toBe(0);
  });

  it('a refusal is told with its code; a stop is none', () => {
    const { board } = streaming();
    board.fail(new TailraceError('TARGET_CONFLICT', 'in the way'));
    expect(verdict(board)).toBe('task shop has stopped: TARGET_CONFLICT: in the way');
    const stopped = new TaskBoard('other');
    stopped.end();
    expect(judgeHealth([stopped.status()])).toBeUndefined();
  });

  it('ready is who streams, all of them', () => {
    const { board } = streaming();
    const starting = new TaskBoard('late');
    expect(judgeReadiness([board.status()])).toBeUndefined();
    expect(judgeReadiness([board.status(), starting.status()])).toBe('task late is starting');
  });
});

describe('status', () => {
  it('shows the last checkpoint, what was left out, and an error without secrets', () => {
    registerSecret('board-SEKRET');
    const { board, progress } = streaming({ coordinates: { file: 'binlog.000001', offset: 7 } });
    progress.dropped.filtered = 3;
    board.countDdlSkipped('user');
    board.countDdlSkipped('user');
    board.checkpoint({ seq: 5, position: positionAt(5) });
    board.retry(new TailraceError('TARGET_BUSY', 'near board-SEKRET', { place: { seq: 6 } }));
    expect(board.status()).toMatchObject({
      name: 'shop',
      state: 'retrying',
      since: '2026-11-21T10:00:00.000Z',
      position: 'binlog.000001:5',
      seq: 5,
      checkpointAt: '2026-11-21T10:00:00.000Z',
      source: {
        host: '127.0.0.1:3306',
        coordinates: 'binlog.000001:7',
        dropped: { filtered: 3, user: 2 },
      },
      retries: 1,
      error: { code: 'TARGET_BUSY', message: 'near ***', place: { seq: 6 } },
    });
  });
});
