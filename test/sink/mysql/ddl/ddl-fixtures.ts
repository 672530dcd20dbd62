import {
  BARE_CONTEXT,
  type SchemaChange,
  type StatementContext,
} from '../../../../src/core/change.ts';
import type { CheckpointStep } from '../../../../src/core/checkpoint.ts';
import type { Router, TableRoute } from '../../../../src/core/route.ts';
import type { Table, TableName } from '../../../../src/core/table.ts';
import { parseDdl } from '../../../../src/schema/ddl/parse-ddl.ts';
import type { ServerOptions } from '../../../../src/server/connect-options.ts';
import { connectServer } from '../../../../src/server/connect.ts';
import { DdlExecutor, type DdlOutcome } from '../../../../src/sink/mysql/ddl/executor.ts';
import type { DdlHost } from '../../../../src/sink/mysql/ddl/host.ts';
import { openOwnedTarget, type OwnedTarget } from '../../../../src/sink/mysql/owned-target.ts';
import { TargetTransaction } from '../../../../src/sink/mysql/target-transaction.ts';
import { testServer, type ServerName } from '../../../support/servers.ts';
import { openSql, type Sql } from '../../../support/sql.ts';

export const TARGETS = ['dst56', 'dst57', 'dst97', 'dst10', 'dst11'] as const;
export type TargetName = (typeof TARGETS)[number];

export const isMariadb = (name: ServerName): boolean => name.endsWith('10') || name.endsWith('11');

const CONTEXT: StatementContext = {
  ...BARE_CONTEXT,
  timestamp: 1_700_000_000,
  sqlModeNames: [],
  characterSetClient: 45,
  collationConnection: 45,
  collationServer: 45,
};

export interface ChangeOptions {
  readonly database?: string;
  readonly context?: Partial<StatementContext>;
  readonly isMariadb?: boolean;
  readonly after?: readonly Table[];
}

/** A change as the source makes it of a statement. */
export function makeChange(statement: string, options: ChangeOptions = {}): SchemaChange {
  const context = { ...CONTEXT, ...options.context };
  const database = options.database ?? '';
  const parsed = parseDdl(statement, {
    flavor: options.isMariadb === true ? 'mariadb' : 'mysql',
    versionNumber: options.isMariadb === true ? 110_806 : 90_704,
    sqlModeNames: context.sqlModeNames,
    defaultDatabase: database,
    lowerCaseTableNames: 0,
  });
  return {
    kind: 'ddl',
    database,
    statement,
    subject: parsed.subject,
    effects: parsed.effects,
    references: parsed.references,
    isFullyParsed: parsed.isFullyParsed,
    context,
    coordinates: { file: 'binlog.000001', offset: 4711 },
    timestamp: context.timestamp,
    before: [],
    after: options.after ?? [],
  };
}

export interface RouterRules {
  readonly exclude?: readonly string[];
  /** Tables that match are included; default all. */
  readonly include?: RegExp;
  readonly databases?: Readonly<Record<string, string>>;
  /** By `database.table`. */
  readonly tables?: Readonly<Record<string, TableName>>;
  /** By `database.table`, name at the target or null. */
  readonly columns?: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
}

export function makeRouter(rules: RouterRules = {}): Router {
  const key = ({ database, table }: TableName) => `${database}.${table}`;
  const isIncluded = (name: TableName) =>
    (rules.include?.test(key(name)) ?? true) && !(rules.exclude ?? []).includes(key(name));
  const targetDatabase = (database: string) => rules.databases?.[database] ?? database;
  const targetName = (name: TableName) =>
    rules.tables?.[key(name)] ?? { database: targetDatabase(name.database), table: name.table };
  return {
    isIncluded,
    isDatabaseIncluded: (database) => isIncluded({ database, table: 'anything' }),
    targetName,
    targetDatabase,
    keepsDatabase: (database) => targetDatabase(database) === database,
    targetColumn: (name, column) => {
      const to = rules.columns?.[key(name)]?.[column];
      return to === undefined ? column : (to ?? undefined);
    },
    route: (): TableRoute => {
      throw new Error('not needed');
    },
    isMerged: () => false,
    isSkipped: () => false,
    isRenamed: (name) => key(targetName(name)) !== key(name) || key(name) in (rules.columns ?? {}),
  };
}

/** Where a test wants the process to be killed. */
export type CrashPoint = 'before-statement' | 'after-statement';

/** A target with a task of its own whose executor can be killed and begun anew. */
export class DdlBench {
  readonly sql: Sql;
  readonly stateDatabase: string;
  readonly signal = new AbortController();
  readonly notes: string[] = [];
  readonly #server: ServerOptions;
  #target: OwnedTarget;
  #crash: CrashPoint | undefined;
  #seq = 0;

  static async open(name: TargetName, stateDatabase: string): Promise<DdlBench> {
    const { port } = testServer(name);
    const server: ServerOptions = {
      hosts: [`127.0.0.1:${port}`],
      user: 'root',
      password: '',
      tls: 'disabled',
      tlsCa: undefined,
    };
    const sql = await openSql({ port });
    await sql.run(`DROP DATABASE IF EXISTS ${stateDatabase}`);
    const target = await openOwnedTarget(
      { server, task: 'ddl', stateDatabase, sqlLogBin: true },
      new AbortController().signal,
    );
    return new DdlBench(sql, stateDatabase, { server, target });
  }

  constructor(
    sql: Sql,
    stateDatabase: string,
    { server, target }: { readonly server: ServerOptions; readonly target: OwnedTarget },
  ) {
    this.sql = sql;
    this.stateDatabase = stateDatabase;
    this.#server = server;
    this.#target = target;
  }

  executor(options: Partial<DdlHost> = {}): DdlExecutor {
    return new DdlExecutor({
      task: 'ddl',
      stateDatabase: this.stateDatabase,
      router: makeRouter(),
      mode: 'apply',
      sqlLogBin: true,
      connect: (signal) => connectServer(this.#server, 'target', { signal }),
      commit: (statements, step) => this.#commit(statements, step),
      onNote: (note) => this.notes.push(note),
      ...options,
    });
  }

  /** One source transaction with this DDL alone. */
  async apply(change: SchemaChange, options: Partial<DdlHost> = {}): Promise<DdlOutcome> {
    const step = this.nextStep();
    const outcome = await this.executor(options).execute(change, step, this.signal.signal);
    if (outcome.kind !== 'left') this.#seq = step.seq;
    return outcome;
  }

  nextStep(isLast = true) {
    const seq = this.#seq + 1;
    const position = {
      kind: 'coordinates',
      coordinates: { file: 'binlog.000001', offset: seq },
    } as const;
    return {
      previous: { seq: this.#seq, position },
      seq,
      changeIndex: 0,
      next: isLast ? { seq, position, schemaDelta: undefined } : undefined,
    };
  }

  /** As if the process were killed at that point of the change. */
  async crashIn(change: SchemaChange, point: CrashPoint, options: Partial<DdlHost> = {}) {
    this.#crash = point;
    const killed = await this.executor(options)
      .execute(change, this.nextStep(), this.signal.signal)
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    this.#crash = undefined;
    if (!(killed instanceof Killed)) throw new Error('was not killed', { cause: killed });
  }

  async hasPending(): Promise<boolean> {
    const count = `SELECT COUNT(*) FROM ${this.stateDatabase}.tailrace_pending_ddl`;
    return (await this.sql.value(count)) === '1';
  }

  async storedSeq(): Promise<string | null> {
    return this.sql.value(`SELECT seq FROM ${this.stateDatabase}.tailrace_checkpoint`);
  }

  async close(): Promise<void> {
    await this.#target.session.close();
    await this.sql.run(`DROP DATABASE IF EXISTS ${this.stateDatabase}`);
    await this.sql.close();
  }

  async #commit(statements: readonly string[], step: CheckpointStep | undefined): Promise<void> {
    const isSave = statements.some((text) => text.startsWith('REPLACE'));
    if (this.#crash === 'after-statement' && !isSave) throw new Killed();
    const transaction = new TargetTransaction(this.#target, step);
    await transaction.runAll(statements);
    await transaction.commit(step);
    if (this.#crash === 'before-statement') throw new Killed();
  }
}

class Killed extends Error {}
