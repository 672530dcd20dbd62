/**
 * load.ts PORT RATE SECONDS KIND OUT: transactions at a fixed rate, each at its own appointed time whether
 * those before it have been answered or not. KIND: `row` (one insert) or `oltp` (four row changes more).
 * Writes per transaction when it was due and when its commit was acknowledged: two arrays of doubles.
 * SECONDS 0: until its input ends. Prints `running`, and `done COUNT` in the end.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createConnection, type Connection } from 'mysql2';
import { Random } from '../support/random.ts';
import { nowMs } from './clock.ts';

const ROWS = 20_000;
const [port, rate, seconds] = process.argv.slice(2, 5).map(Number);
const [kind, out] = process.argv.slice(5);
if (port === undefined || rate === undefined || seconds === undefined || out === undefined) {
  throw new Error('PORT RATE SECONDS KIND OUT');
}
const random = new Random(99);
const input = { hasEnded: false };
process.stdin
  .on('data', () => undefined)
  .on('end', () => {
    input.hasEnded = true;
  });

function statement(id: number): string {
  const row = `INSERT INTO bench.live VALUES (${id},${random.upTo(1e6)},'${random.text(60)}')`;
  if (kind === 'row') return row;
  const [first, second, third] = [random.upTo(ROWS), random.upTo(ROWS), random.upTo(ROWS)];
  return `BEGIN;UPDATE bench.s1 SET k=k+1 WHERE id=${first};UPDATE bench.s2 SET c='${random.text(110)}' WHERE id=${second};
    DELETE FROM bench.s3 WHERE id=${third};INSERT INTO bench.s3 VALUES (${third},${id},'${random.text(119)}','${random.text(59)}');
    ${row};COMMIT`;
}

/** As many connections as keep a queue from forming behind one slow commit. */
const connections: Connection[] = Array.from({ length: rate > 1000 ? 4 : 2 }, () =>
  createConnection({ host: '127.0.0.1', port, user: 'root', multipleStatements: true }),
);
const [due, acknowledged]: [number[], number[]] = [[], []];
let answered = 0;

function send(id: number): void {
  // One row each time from the same connection: rows that meet again are locked in one order.
  connections[id % connections.length]?.query(statement(id), (error) => {
    if (error !== null) throw error;
    acknowledged[id - 1] = nowMs();
    answered += 1;
  });
}

await delay(500);
console.log('running');
const started = nowMs();
while (!input.hasEnded && (seconds === 0 || due.length < rate * seconds)) {
  const until = Math.min(
    Math.floor(((nowMs() - started) * rate) / 1000),
    seconds === 0 ? Number.POSITIVE_INFINITY : rate * seconds,
  );
  while (due.length < until) {
    due.push(started + (due.length * 1000) / rate);
    send(due.length);
  }
  await delay(1);
}
while (answered < due.length) await delay(5);
writeFileSync(out, Buffer.from(Float64Array.from([...due, ...acknowledged]).buffer));
for (const connection of connections) connection.end();
process.stdin.destroy();
console.log(`done ${due.length}`);
