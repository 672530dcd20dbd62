import type { SchemaChange } from '../../../core/change.ts';
import { toTailraceError } from '../../../core/errors.ts';
import { OWN_DDL_COMMENT } from '../../../core/own-ddl.ts';
import type { Router } from '../../../core/route.ts';
import { isServerErrno } from '../../../server/error-from-server.ts';
import { quoteName } from '../../../server/sql-text.ts';
import { DdlSession } from '../ddl/ddl-session.ts';
import type { DdlHost } from '../ddl/host.ts';
import { planDdl, type DdlPlan } from '../ddl/plan.ts';
import { refusedDdl } from '../ddl/refusals.ts';
import { viewSkipReason } from '../ddl/view-rules.ts';

/** Unknown character set or collation. */
const UNKNOWN_COLLATION = [1115, 1253, 1273] as const;

/**
 * Runs the statements that make the tables of a copy. They all have the same context, so one session
 * does: a thousand tables would be a thousand logins otherwise.
 */
export class CopyDdl {
  readonly #host: DdlHost;
  readonly #signal: AbortSignal;
  #session: DdlSession | undefined;

  constructor(host: DdlHost, signal: AbortSignal) {
    this.#host = host;
    this.#signal = signal;
  }

  async run(change: SchemaChange): Promise<void> {
    const plan = planDdl(change, this.#host.router);
    // Keys of columns that the target does not have.
    if (plan === undefined) return;
    try {
      await this.#run(change, plan);
    } catch (thrown) {
      throw refusedDdl(toTailraceError(thrown), change);
    }
  }

  async createView(change: SchemaChange): Promise<string | undefined> {
    const { router } = this.#host;
    const plan = tryPlan(change, router);
    if (plan === undefined) return 'view_renamed';
    const session = await DdlSession.open(this.#host, this.#signal);
    try {
      const reason = await viewSkipReason(session.connection, change, { plan, router });
      if (reason !== undefined) return reason;
      await session.run({ change, statement: plan.statement, database: plan.database });
      return undefined;
    } catch (thrown) {
      const error = toTailraceError(thrown);
      if (error.isTransient) throw error;
      return `view_refused: ${error.message}`;
    } finally {
      await session.close();
    }
  }

  /** A collation that the target does not have is left to its own default. */
  async createDatabase(name: string, charset: string, collation: string): Promise<void> {
    const session = await DdlSession.open(this.#host, this.#signal);
    const base = `${OWN_DDL_COMMENT} CREATE DATABASE IF NOT EXISTS ${quoteName(name)}`;
    const spellings = [
      ` CHARACTER SET ${charset} COLLATE ${collation}`,
      ` COLLATE ${collation.replace('utf8mb3_', 'utf8_')}`,
      ` CHARACTER SET ${charset.replace('utf8mb3', 'utf8')}`,
      '',
    ];
    try {
      for (const spelling of spellings) {
        try {
          await session.connection.run(base + spelling);
          return;
        } catch (thrown) {
          if (!isServerErrno(thrown, ...UNKNOWN_COLLATION)) throw thrown;
        }
      }
    } finally {
      await session.close();
    }
  }

  async sayHello(): Promise<void> {
    await this.#session?.connection.run('DO 0');
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  async #run(change: SchemaChange, { statement, database }: DdlPlan): Promise<void> {
    if (this.#session?.connection.isAlive === true) {
      await this.#session.runNext({ change, statement, database });
      return;
    }
    this.#session = await DdlSession.open(this.#host, this.#signal);
    await this.#session.run({ change, statement, database });
  }
}

function tryPlan(change: SchemaChange, router: Router): DdlPlan | undefined {
  try {
    return planDdl(change, router);
  } catch (thrown) {
    if (toTailraceError(thrown).code === 'TARGET_DDL_UNREWRITABLE') return undefined;
    throw thrown;
  }
}
