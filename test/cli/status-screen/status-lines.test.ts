import { describe, expect, it } from 'vitest';
import { clip, harmless } from '../../../src/cli/status-screen/look.ts';
import { drawHour } from '../../../src/cli/status-screen/hour-spark.ts';
import { statusLines } from '../../../src/cli/status-screen/status-lines.ts';
import { TailraceError } from '../../../src/core/errors.ts';
import { findProblems } from '../../../src/status/task-problems.ts';
import type { ShownTask, TaskHistory, TaskStatus } from '../../../src/status/task-status.ts';
import { TaskBoard } from '../../../src/task/task-board.ts';

const PLAIN = { width: undefined, hasColor: false };
const PROCESS = { version: '1.2.3', pid: 42, startedAt: new Date().toISOString() };

function task(name: string, more: Partial<TaskStatus> = {}): ShownTask {
  const status = { ...new TaskBoard(name).status(), state: 'streaming' as const, ...more };
  return { ...status, problems: findProblems(status) };
}

function failed(name: string): ShownTask {
  const board = new TaskBoard(name);
  const place = { table: 'shop.users', gtid: '0-1-5' };
  board.fail(new TailraceError('TARGET_CONFLICT', 'row\u001b[2J is there', { place }));
  return task(name, { ...board.status() });
}

function past(name: string, lag: (part: number) => number | null): TaskHistory {
  const nowMs = Date.now();
  const samples = Array.from({ length: 360 }, (_, index) => {
    return [nowMs - (360 - index) * 10_000 + 5000, lag(index / 360), 100, 1] as const;
  });
  return { name, stepSeconds: 10, samples };
}

const show = (tasks: readonly ShownTask[], history: readonly TaskHistory[] = []): string =>
  statusLines({ tasks, history, process: PROCESS }, PLAIN).join('\n');

describe('status as text', () => {
  it('says first that all is well, or who needs somebody, and puts that one first', () => {
    expect(show([task('one')])).toMatch(
      /^All is well: 1 task {2}tailrace 1\.2\.3, pid 42, since \d/,
    );
    const text = show([task('one'), failed('two')]);
    expect(text).toMatch(/^Needs you: two /);
    expect(text.indexOf('\ntwo ')).toBeLessThan(text.indexOf('\none '));
    expect(text).toMatch(/✗ It has stopped: row \[2J is there \(TARGET_CONFLICT\)/);
    expect(text).toContain('where: table shop.users, gtid 0-1-5');
    expect(text).toMatch(/next: {2}.*position skip/);
    // What a server says must not steer the terminal.
    expect(text).not.toContain('\u001b');
  });

  it('shows charts, place, tables by rate, dead letters, retention and comparisons', () => {
    const letter = {
      id: 7,
      kind: 'conflict',
      table: 'shop.a',
      reason: 'no row',
      at: PROCESS.startedAt,
    };
    const text = show(
      [
        task('shop', {
          position: '0-1-4711',
          coordinates: 'binlog.000003:4711',
          rates: { transactionsPerSecond: 812, rowsPerSecond: 23_456 },
          tables: [{ table: 'shop.a', rowsPerSecond: 5, inserts: 1, updates: 2, deletes: 3 }],
          deadLetters: { count: 1, latest: [letter] },
          retention: {
            oldestFile: 'binlog.000001',
            keepsSeconds: 1,
            keepsBytes: 0,
            spareSeconds: 604_000,
            lostInSeconds: 7300,
          },
          inspection: {
            rounds: 4,
            failedRounds: 1,
            lastRoundAt: PROCESS.startedAt,
            rowsCompared: 1_000_000,
            differences: 2,
            alarms: 0,
            differing: [{ table: 'shop.b', differences: 2 }],
          },
        }),
      ],
      [past('shop', (part) => (part < 0.5 ? 0 : 30))],
    );
    for (const pattern of [
      /lag +– +▁{15}█{15} {2}1 h, at most 30 s/,
      /rows\/s +23\.5 k +█{30} {2}1 h, at most 100 {2}812 transactions\/s/,
      /kept for +7 days by the source/,
      /purges the position in 2 h/,
      /done up to +0-1-4711\n/,
      /shop\.a +5 +1 +2 +3\n/,
      /7 +conflict +shop\.a +\d.* no row/,
      /compared +4 rounds \(1 not finished\), the last \d\S* s ago: 1\.0 M rows, 2 differ/,
      /2 rows differ between source and target/,
      /shop\.b: 2 differ/,
    ]) {
      expect(text).toMatch(pattern);
    }
  });

  it('with many tasks shows in full only who is in trouble', () => {
    const many = Array.from({ length: 20 }, (_, index) => task(`task-${index}`));
    const text = show([...many, failed('bad')]);
    expect(text.split('\n').length).toBeLessThan(35);
    expect(text).toContain('\nbad\n  ✗ It has stopped');
    expect(text).toContain('--task NAME');
  });

  it('cuts lines to the width of the terminal, colours or not', () => {
    const look = { width: 60, hasColor: true };
    const lines = statusLines({ tasks: [failed('two')], history: [], process: undefined }, look);
    const seen = lines.map((line) => line.replaceAll(/\u001b\[[\d;]*m/g, ''));
    expect(Math.max(...seen.map(({ length }) => length))).toBeLessThanOrEqual(60);
    expect(seen.some((line) => line.endsWith('…'))).toBe(true);
    for (const line of lines) {
      const changes = line.match(/\u001b\[[\d;]*m/g) ?? [];
      expect(changes.length === 0 || changes.at(-1) === '\u001b[0m').toBe(true);
    }
  });
});

describe('pieces of it', () => {
  it('a gap is no zero', () => {
    const history = past('a', (part) => (part < 0.5 ? null : 1));
    expect(drawHour(history, 'lag', { width: 10 })?.text).toBe('     █████');
    expect(
      drawHour(
        past('a', () => null),
        'lag',
        { width: 10 },
      ),
    ).toBeUndefined();
    expect(drawHour(undefined, 'lag', { width: 10 })).toBeUndefined();
  });

  it('clips by what is seen', () => {
    expect(clip('\u001b[1mabcdef\u001b[0m', 4)).toBe('\u001b[1mabc\u001b[0m…');
    expect(clip('abc', 3)).toBe('abc');
    expect(harmless('a\u001b[2Jb\nc')).toBe('a [2Jb c');
  });
});
