import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { Pair } from './pair.ts';
import { fillForCopy, Writer } from './snapshot-load.ts';

/** They are made behind the last row and before the checkpoint. */
const VIEWS = 20;

let cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

async function openWritten(database: string): Promise<Pair> {
  const pair = await Pair.open('src57', 'dst57', database);
  cleanups.push(async () => {
    await pair.drop();
    await pair.close();
  });
  await pair.configure({ start: '' });
  await fillForCopy(pair, 500);
  for (let n = 0; n < VIEWS; n++)
    await pair.source.run(`CREATE VIEW v${n} AS SELECT id FROM orders`);
  return pair;
}

/** How many tables the copy's record says are whole; undefined: it has none. */
async function wholeTables({ target, database }: Pair): Promise<number | undefined> {
  const [row] = await target
    .rows(
      `SELECT COUNT(*) AS n, SUM(record LIKE '%"state":"done"%') AS done FROM tailrace_${database}.tailrace_snapshot`,
    )
    .catch(() => []);
  return row === undefined || Number(row['n']) === 0 ? undefined : Number(row['done']);
}

type Moment = (pair: Pair) => Promise<boolean>;

const lastRow: Moment = async (pair) => (await wholeTables(pair)) === 5;
const someViews: Moment = async ({ target, database }) =>
  (await target.rows(`SHOW TABLES IN ${database} LIKE 'v1%'`)).length > 0;

/** Moments at which the copy is killed. */
const MOMENTS: readonly (readonly [string, string, Moment])[] = [
  ['mysqldump', 'the last row is there', lastRow],
  ['native', 'views are being made', someViews],
];

describe('the hand-over of a copy', () => {
  it.each(MOMENTS)('by %s, killed when %s', async (engine, _, isThere) => {
    const pair = await openWritten(`e2e_handover_${engine}`);
    const writer = await Writer.start(pair.database);
    cleanups.push(() => writer.stop());
    const running = pair.start('snapshot', '--engine', engine);
    const hasEnded = (): boolean => running.child.exitCode !== null;
    await waitFor('the moment', async () => hasEnded() || (await isThere(pair)), 60_000);
    running.child.kill('SIGKILL');
    await running.finished;
    const isLeft = (await wholeTables(pair)) !== undefined;
    const early = await pair.run();
    // Where the kill came too late the copy is whole, and run takes it up.
    expect(early.code === 0, early.stderr.slice(-3000)).toBe(!isLeft);
    if (isLeft) {
      expect(early.stderr).toContain('SNAPSHOT_UNFINISHED');
      // It would end the copy with the rest left as it is.
      const part = await pair.command('snapshot', '--table', `${pair.database}.audit`);
      expect(part.stderr).toContain('SNAPSHOT_UNFINISHED');
      const again = await pair.command('snapshot', '--engine', engine);
      expect(again.code, again.stderr.slice(-3000)).toBe(0);
    }
    await writer.stop();
    const run = await pair.run();
    expect(run.code, run.stderr.slice(-3000)).toBe(0);
    expect(await pair.difference()).toBe('');
  });
});

describe('a copy whose checkpoint has just been committed', () => {
  it('is taken up by run, whether the copy or the run is killed there', async () => {
    const pair = await openWritten('e2e_handover_end');
    const writer = await Writer.start(pair.database);
    cleanups.push(() => writer.stop());
    const copy = pair.start('snapshot', '--engine', 'native');
    await waitFor('the record', async () => (await wholeTables(pair)) !== undefined, 60_000);
    await waitFor('its end', async () => (await wholeTables(pair)) === undefined, 60_000);
    copy.child.kill('SIGKILL');
    await copy.finished;
    for (const said of [/Going on from the checkpoint|beginning here/, /"message"/]) {
      const run = pair.start('run');
      await waitFor('the run', () => said.test(run.stderr()), 60_000);
      run.child.kill('SIGKILL');
      await run.finished;
    }
    await writer.stop();
    const run = await pair.run();
    expect(run.code, run.stderr.slice(-3000)).toBe(0);
    expect(await pair.difference()).toBe('');
    const again = await pair.command('snapshot');
    expect(again.stderr).toContain('SNAPSHOT_NOT_NEEDED');
  });
});
