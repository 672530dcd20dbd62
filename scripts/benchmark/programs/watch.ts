/**
 * watch.ts PORT COUNT OUT: asks the target again and again which rows are there, until all COUNT are, and
 * writes when each was first seen. Prints `running`, and `done MS`: the usual time from question to question.
 */
import { writeFileSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { percentile } from '../support/statistics.ts';
import { nowMs } from './clock.ts';

const [port, count] = process.argv.slice(2, 4).map(Number);
const out = process.argv[4];
if (port === undefined || count === undefined || out === undefined)
  throw new Error('PORT COUNT OUT');

const sql = await createConnection({ host: '127.0.0.1', port, user: 'root' });
const seen = new Float64Array(count);
const nap = new Int32Array(new SharedArrayBuffer(4));
const NAP_MS = 0.15;
const gaps: number[] = [];
/** All up to here have been seen. Commits of several connections may come out of order. */
let complete = 0;
let last = nowMs();
console.log('running');
while (complete < count) {
  const [found] = await sql.query<RowDataPacket[]>(
    `SELECT id FROM bench.live WHERE id > ${complete}`,
  );
  const now = nowMs();
  gaps.push(now - last);
  last = now;
  for (const row of found) {
    const index = Number(row['id']) - 1;
    if (seen[index] === 0) seen[index] = now;
  }
  while (complete < count && seen[complete] !== 0) complete += 1;
  // A nap that costs no CPU and is shorter than any timer.
  Atomics.wait(nap, 0, 0, NAP_MS);
}
await sql.end();
writeFileSync(out, Buffer.from(seen.buffer));
console.log(`done ${percentile(Float64Array.from(gaps).sort(), 0.5)}`);
