import { createHash, randomUUID } from 'node:crypto';
import type { SchemaChange } from '../../../core/change.ts';
import { TailraceError } from '../../../core/errors.ts';
import { readText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { LANE, whereTask } from '../checkpoint-row.ts';
import { quoteText } from '../../../server/sql-text.ts';
import type { StateTables } from '../state-database.ts';
import type { ObjectStates } from './object-state.ts';
import type { DdlPlan } from './plan.ts';

/** Which DDL of the source this is, the same after a restart. */
export interface DdlIdentity {
  readonly seq: number;
  /** Index of the change in its transaction. */
  readonly changeIndex: number;
  /** Of the source's statement. */
  readonly digest: string;
}

/** A DDL that is about to run, runs, or has run while its transaction is not at its end. */
export interface PendingDdl extends DdlIdentity {
  readonly phase: 'running' | 'done';
  /** The lock that the session which runs it holds as long as it lives. */
  readonly lock: string;
  readonly plan: DdlPlan;
  readonly before: ObjectStates;
}

const RECORD_VERSION = 1;

export function identifyDdl(change: SchemaChange, seq: number, changeIndex: number): DdlIdentity {
  const text = `${change.database}\0${change.statement}`;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { seq, changeIndex, digest };
}

export function isSameDdl(a: DdlIdentity, b: DdlIdentity): boolean {
  return a.seq === b.seq && a.changeIndex === b.changeIndex && a.digest === b.digest;
}

/** At most 64 characters, the servers' limit. */
export function newLockName(): string {
  return `tailrace-ddl-${randomUUID()}`;
}

/** The pending record of one task in the state database; there is one at most. */
export class PendingStore {
  readonly #tables: StateTables;
  readonly #task: string;

  constructor(tables: StateTables, task: string) {
    this.#tables = tables;
    this.#task = task;
  }

  async load(connection: ServerConnection): Promise<PendingDdl | undefined> {
    const [row] = await connection.query(
      `SELECT record FROM ${this.#tables.pendingDdl} WHERE ${whereTask(this.#task)}`,
    );
    return row === undefined ? undefined : parseRecord(readText(row, 'record'));
  }

  saveStatement(pending: PendingDdl): string {
    const record = quoteText(JSON.stringify({ version: RECORD_VERSION, ...pending }));
    return (
      `REPLACE INTO ${this.#tables.pendingDdl} (task,lane,seq,change_index,record,created_at) VALUES ` +
      `(${quoteText(this.#task)},${LANE},${pending.seq},${pending.changeIndex},${record},UTC_TIMESTAMP(6))`
    );
  }

  deleteStatement(): string {
    return `DELETE FROM ${this.#tables.pendingDdl} WHERE ${whereTask(this.#task)}`;
  }
}

function parseRecord(text: string): PendingDdl {
  const record = JSON.parse(text) as PendingDdl & { readonly version?: number };
  if (record.version === RECORD_VERSION) return record;
  throw new TailraceError(
    'STATE_UNUSABLE',
    'a DDL is pending on the target that another version of tailrace began',
    { next: 'Run the tailrace version that began it until it has passed the DDL.' },
  );
}
