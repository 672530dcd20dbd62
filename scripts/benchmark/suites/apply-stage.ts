import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { copyWithTailrace } from '../contenders/appliers/tailrace.ts';
import type { BinlogPlace } from '../dialect.ts';
import type { ServerKind } from '../options.ts';
import {
  checksums,
  DURABILITY,
  rows,
  Server,
  tablesOf,
  withSql,
  type Durability,
  type Sql,
} from '../server.ts';
import { Random } from '../support/random.ts';
import { Recorder, type Tally } from '../workloads/recorder.ts';
import { DATABASE, makeDatabase, type Workload } from '../workloads/workload.ts';

/** What a contender applies, and what the target has to hold then. */
export interface Stretch {
  readonly tally: Tally;
  /** The row of `end_mark` that comes last. */
  readonly mark: number;
  readonly wanted: string;
  /** undefined: to the end. */
  readonly until: BinlogPlace | undefined;
}

/** A workload as it lies on the source. */
export interface Backlog {
  readonly from: BinlogPlace;
  readonly whole: Tally;
  readonly bytes: number;
  readonly stateFolder: string;
  readonly stretch: Stretch;
  /** For those that are slow. */
  readonly short: Stretch | undefined;
  readonly tables: readonly string[];
}

/** Of a backlog, for those that are slow. */
const SHORT_SHARE = 0.1;

/** Beside each database of the target: its contents when the backlog begins. */
const KEPT = ['bench', 'tailrace'].map((name) => ({ live: name, kept: `${name}_kept` }));
/** Emptied row by row above this many tables: TRUNCATE makes each file anew. */
const MANY_TABLES = 100;

/** A source and a target of one kind. The target can be put back to where the backlog begins. */
export class ApplyStage {
  readonly source: Server;
  readonly target: Server;
  readonly #context: Context;
  #durability: Durability;

  private constructor(context: Context, source: Server, target: Server, durability: Durability) {
    this.#context = context;
    this.source = source;
    this.target = target;
    this.#durability = durability;
  }

  static async open(context: Context, kind: ServerKind): Promise<ApplyStage> {
    const durability = 'relaxed';
    const common = kind === 'mysql9' ? ['--performance-schema=OFF'] : [];
    const args = [...common, ...DURABILITY[durability]];
    const source = await Server.start(context, { kind, name: `source-${kind}`, serverId: 1, args });
    const target = await Server.start(context, { kind, name: `target-${kind}`, serverId: 2, args });
    return new ApplyStage(context, source, target, durability);
  }

  async close(): Promise<void> {
    await this.source.destroy();
    await this.target.destroy();
  }

  async setDurability(durability: Durability): Promise<void> {
    if (durability === this.#durability) return;
    const common = this.target.kind === 'mysql9' ? ['--performance-schema=OFF'] : [];
    await this.target.restart([...common, ...DURABILITY[durability]]);
    this.#durability = durability;
  }

  /** Both ends hold the workload's first rows; then the source alone goes on to its end. */
  async record(workload: Workload, scale: number): Promise<Backlog> {
    const { source, target } = this;
    const random = new Random(815);
    const stateFolder = join(this.#context.work, 'first-state');
    rmSync(stateFolder, { recursive: true, force: true });
    await withSql(target, (sql) => clear(target, sql));
    return withSql(source, async (sql) => {
      await sql.query(`DROP DATABASE IF EXISTS ${DATABASE}`);
      await source.dialect.reset(sql);
      await makeDatabase(sql, workload, scale, random);
      const state = await copyWithTailrace(
        {
          context: this.#context,
          source,
          target,
          sourcePort: source.port,
          targetPort: target.port,
        },
        stateFolder,
      );
      await withSql(target, keep);
      const from = await source.dialect.place(sql);
      const tables = await tablesOf(sql, DATABASE);
      let halt: Pick<Stretch, 'wanted' | 'until'> | undefined;
      const recorder = new Recorder(sql, DATABASE, {
        rows: workload.rows(scale) * SHORT_SHARE,
        reached: async () => {
          const until = await source.dialect.place(sql);
          // Whoever ends at a place within a file must be in it from the start.
          if (until.file === from.file) halt = { until, wanted: await checksums(sql, tables) };
        },
      });
      await workload.record(recorder, scale, random);
      const { whole, short } = await recorder.finish();
      const bytes = await binlogBytes(sql, from);
      const wanted = await checksums(sql, tables);
      return {
        from,
        whole,
        bytes,
        stateFolder: state,
        stretch: { tally: whole, mark: 2, wanted, until: undefined },
        short: short && halt && { tally: short, mark: 1, ...halt },
        tables,
      };
    });
  }

  /** The target as it was when the backlog began, and a server that knows of no source. */
  async reset(backlog: Backlog): Promise<void> {
    const { dialect } = this.target;
    await withSql(this.target, async (sql) => {
      await sql.query('SET sql_log_bin=0, foreign_key_checks=0');
      for (const { live, kept } of KEPT) await restore(sql, live, kept, backlog.tables.length);
      await dialect.reset(sql);
    });
  }

  /** Of a source that went on after the recording. */
  async differenceNow({ tables }: Backlog): Promise<string | undefined> {
    const ask = (sql: Sql): Promise<string> => checksums(sql, tables);
    const wanted = await withSql(this.source, ask);
    return (await withSql(this.target, ask)) === wanted ? undefined : 'source and target differ';
  }

  /** undefined: source and target are equal. */
  async difference(
    { tables, stretch }: Backlog,
    { wanted }: Stretch = stretch,
  ): Promise<string | undefined> {
    const found = await withSql(this.target, (sql) => checksums(sql, tables));
    return found === wanted ? undefined : 'source and target differ';
  }
}

async function clear(target: Server, sql: Sql): Promise<void> {
  await sql.query('SET sql_log_bin=0');
  for (const { live, kept } of KEPT) {
    await sql.query(`DROP DATABASE IF EXISTS ${live}; DROP DATABASE IF EXISTS ${kept}`);
  }
  await target.dialect.reset(sql);
}

async function keep(sql: Sql): Promise<void> {
  await sql.query('SET sql_log_bin=0');
  for (const { live, kept } of KEPT) {
    await sql.query(`CREATE DATABASE ${kept}`);
    for (const table of await tablesOf(sql, live)) {
      const copy = `${kept}${table.slice(live.length)}`;
      await sql.query(
        `CREATE TABLE ${copy} LIKE ${table}; INSERT INTO ${copy} SELECT * FROM ${table}`,
      );
    }
  }
}

async function restore(sql: Sql, live: string, kept: string, tables: number): Promise<void> {
  const empty = tables > MANY_TABLES ? 'DELETE FROM' : 'TRUNCATE TABLE';
  const statements = (await tablesOf(sql, kept)).map((copy) => {
    const table = `${live}${copy.slice(kept.length)}`;
    return `${empty} ${table}; INSERT INTO ${table} SELECT * FROM ${copy}`;
  });
  for (let from = 0; from < statements.length; from += MANY_TABLES) {
    await sql.query(statements.slice(from, from + MANY_TABLES).join(';'));
  }
}

async function binlogBytes(sql: Sql, from: BinlogPlace): Promise<number> {
  const files = await rows(sql, 'SHOW BINARY LOGS');
  return files
    .filter(({ Log_name }) => String(Log_name) >= from.file)
    .reduce((sum, { File_size }) => sum + Number(File_size), -from.position);
}
