import type { Random } from '../support/random.ts';
import type { Sql } from '../server.ts';
import type { Recorder } from './recorder.ts';

/** Every workload lives in this database; `end_mark` in it tells where a recording ends. */
export const DATABASE = 'bench';

/** What a server writes into a database, made from a seed: the same on every machine. */
export interface Workload {
  readonly name: string;
  /** For the report: what it does, in a few words. */
  readonly what: string;
  /** Said beside its figures. */
  readonly note?: string;
  /** Waiting for the disk at each commit costs it little. */
  readonly hasLargeTransactions?: true;
  /** Large transactions one behind the other, none of which touches what another one does. */
  readonly hasSeparateRows?: true;
  /** How many row changes a recording holds. */
  rows(scale: number): number;
  /** Tables and the rows that are there before it begins. The connection uses the database already. */
  prepare(sql: Sql, scale: number, random: Random): Promise<void>;
  record(recorder: Recorder, scale: number, random: Random): Promise<void>;
}

export const scaled = (count: number, scale: number): number =>
  Math.max(1, Math.round(count * scale));

export async function makeDatabase(
  sql: Sql,
  workload: Workload,
  scale: number,
  random: Random,
): Promise<void> {
  await sql.query(`DROP DATABASE IF EXISTS ${DATABASE}; CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4;
    USE ${DATABASE}; CREATE TABLE end_mark (id INT PRIMARY KEY) ENGINE=InnoDB`);
  await workload.prepare(sql, scale, random);
}
