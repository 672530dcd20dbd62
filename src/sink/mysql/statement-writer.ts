import type { Expectation, PlannedStatement, PlanLimits, RowRef, StatementPacket } from './plan.ts';
import type { TableBinding } from './table-binding.ts';
import { SqlBuffer } from './sql-buffer.ts';

const SEMICOLON = 0x3b;

/** What is known of a statement besides its text. */
export interface StatementFacts {
  readonly verb: PlannedStatement['verb'];
  readonly binding: TableBinding;
  readonly expected: Expectation;
  readonly foreignKeyChecks: boolean;
  readonly rows: readonly RowRef[];
}

interface OpenStatement {
  readonly start: number;
  readonly end: number;
  readonly facts: StatementFacts;
}

/**
 * Collects statements into packets. Text goes to `out` between `begin` and `end`; a statement that
 * does not fit the packet under way opens the next one by moving there. Slices are cut when a packet is
 * complete, because the slab may still move before.
 */
export class StatementWriter {
  readonly #limits: PlanLimits;
  readonly #packets: StatementPacket[] = [];
  #out: SqlBuffer;
  #statements: OpenStatement[] = [];
  #start = 0;

  constructor(limits: PlanLimits) {
    this.#limits = limits;
    this.#out = new SqlBuffer();
  }

  get out(): SqlBuffer {
    return this.#out;
  }

  /** Call before the first byte of a statement; `estimatedBytes` decides whether it opens a new packet. */
  begin(estimatedBytes: number): SqlBuffer {
    if (this.#statements.length !== 0) {
      if (this.#out.length + estimatedBytes > this.#limits.maxPacketBytes) this.#closePacket();
      else this.#out.byte(SEMICOLON);
    }
    this.#start = this.#out.length;
    return this.#out;
  }

  /** Bytes of the statement under way. */
  get openBytes(): number {
    return this.#out.length - this.#start;
  }

  /** Takes back the text of the statement under way: it is written anew in another form. */
  rewind(): SqlBuffer {
    this.#out.truncate(this.#start);
    return this.#out;
  }

  end(facts: StatementFacts): void {
    this.#statements.push({ start: this.#start, end: this.#out.length, facts });
  }

  /** A statement that is written already. */
  add(statement: PlannedStatement): void {
    const { sql, ...facts } = statement;
    this.begin(sql.length).raw(sql);
    this.end(facts);
  }

  takePackets(): readonly StatementPacket[] {
    this.#closePacket();
    return this.#packets.splice(0);
  }

  #closePacket(): void {
    const [first] = this.#statements;
    const last = this.#statements.at(-1);
    if (first === undefined || last === undefined) return;
    const out = this.#out;
    const statements = this.#statements.map(({ start, end, facts }): PlannedStatement => ({
      sql: out.slice(start, end),
      ...facts,
    }));
    this.#packets.push({
      kind: 'statements',
      sql: out.slice(first.start, last.end),
      statements,
    });
    this.#statements = [];
    this.#out = new SqlBuffer();
  }
}

/** Exactly this many rows. */
export function exactly(rows: number, warnings = 0): Expectation {
  return { minAffectedRows: rows, maxAffectedRows: rows, duplicates: undefined, warnings };
}

/** An upsert of two or more rows that all have to be there already. */
export function allFound(rows: number, warnings: number): Expectation {
  return { minAffectedRows: rows, maxAffectedRows: rows * 2, duplicates: rows, warnings };
}

/** Whatever it finds. */
export function anyNumber(warnings = 0): Expectation {
  return {
    minAffectedRows: 0,
    maxAffectedRows: Number.MAX_SAFE_INTEGER,
    duplicates: undefined,
    warnings,
  };
}
