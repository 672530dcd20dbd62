import type { Database } from 'better-sqlite3';
import type { Checkpoint, CheckpointStep, StoredState } from '../core/checkpoint.ts';
import { deserializePosition, serializePosition } from '../core/position-parse.ts';
import type { SchemaDelta } from '../core/schema-state.ts';

/** A place in a sink's past. */
export interface HistoryEntry extends Checkpoint {
  readonly savedAtMs: number;
}

const HISTORY_STEP_MS = 30_000;
const HISTORY_KEPT_MS = 7 * 24 * 3600 * 1000;

interface CheckpointRow {
  readonly seq: number;
  readonly position: string;
  readonly saved_at_ms: number;
}

/**
 * The checkpoints of one sink: the last one with the schema state that belongs to it, and the way there
 * (one entry each half minute, for a week), by which a rewind to a time finds its position.
 */
export class SinkCheckpoints {
  readonly #sink: string;
  readonly #nowMs: () => number;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #saveAll: (step: CheckpointStep) => void;
  readonly #replaceAll: (state: StoredState) => void;
  #historyAtMs = -Infinity;

  constructor(database: Database, sink: string, nowMs: () => number) {
    this.#sink = sink;
    this.#nowMs = nowMs;
    this.#statements = prepareStatements(database);
    this.#saveAll = database.transaction((step: CheckpointStep) => {
      this.#put(step);
      if (step.schemaDelta !== undefined) this.#applyDelta(step.schemaDelta);
    });
    this.#replaceAll = database.transaction((state: StoredState) => {
      this.#put(state.checkpoint);
      this.#statements.clearSchema.run(sink);
      this.#applyDelta(state.schema);
    });
  }

  load(): StoredState | undefined {
    const row = this.#statements.checkpoint.get(this.#sink);
    if (row === undefined) return undefined;
    const definitions = this.#statements.schema.all(this.#sink);
    return {
      checkpoint: { seq: row.seq, position: deserializePosition(row.position) },
      schema: new Map(definitions.map(({ key, definition }) => [key, definition])),
    };
  }

  /** When the checkpoint was saved. */
  get savedAtMs(): number | undefined {
    return this.#statements.checkpoint.get(this.#sink)?.saved_at_ms;
  }

  /** Checkpoint and schema delta, both or neither. */
  save(step: CheckpointStep): void {
    this.#saveAll(step);
  }

  /** Puts another state in place of what was: a position that was set, or the target's own checkpoint. */
  replace(state: StoredState): void {
    this.#historyAtMs = -Infinity;
    this.#replaceAll(state);
  }

  /** Where it stood at that time: the last entry that is not later. */
  at(timeMs: number): HistoryEntry | undefined {
    const row = this.#statements.historyAt.get(this.#sink, timeMs);
    return row === undefined ? undefined : fromHistory(row);
  }

  /** Where the history begins. */
  oldest(): HistoryEntry | undefined {
    const row = this.#statements.oldest.get(this.#sink);
    return row === undefined ? undefined : fromHistory(row);
  }

  /** Newest first. */
  history(limit = 100): HistoryEntry[] {
    return this.#statements.history.all(this.#sink, limit).map(fromHistory);
  }

  #put(checkpoint: Checkpoint): void {
    const nowMs = this.#nowMs();
    const { putCheckpoint, putHistory, pruneHistory } = this.#statements;
    const position = serializePosition(checkpoint.position);
    putCheckpoint.run(this.#sink, checkpoint.seq, position, nowMs);
    // A clock that was set back must not end the history until it has caught up.
    if (Math.abs(nowMs - this.#historyAtMs) < HISTORY_STEP_MS) return;
    this.#historyAtMs = nowMs;
    putHistory.run(this.#sink, nowMs, checkpoint.seq, position);
    pruneHistory.run(this.#sink, nowMs - HISTORY_KEPT_MS);
  }

  #applyDelta(delta: SchemaDelta): void {
    for (const [key, definition] of delta) {
      if (definition === null) this.#statements.dropSchema.run(this.#sink, key);
      else this.#statements.putSchema.run(this.#sink, key, definition);
    }
  }
}

function fromHistory(row: CheckpointRow): HistoryEntry {
  return {
    seq: row.seq,
    position: deserializePosition(row.position),
    savedAtMs: row.saved_at_ms,
  };
}

function prepareStatements(database: Database) {
  return {
    checkpoint: database.prepare<[string], CheckpointRow>(
      'SELECT seq, position, saved_at_ms FROM checkpoint WHERE sink = ?',
    ),
    putCheckpoint: database.prepare<[string, number, string, number]>(
      `INSERT INTO checkpoint (sink, seq, position, saved_at_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (sink) DO UPDATE SET
         seq = excluded.seq, position = excluded.position, saved_at_ms = excluded.saved_at_ms`,
    ),
    schema: database.prepare<[string], { key: string; definition: string }>(
      'SELECT key, definition FROM schema_state WHERE sink = ?',
    ),
    putSchema: database.prepare<[string, string, string]>(
      'INSERT OR REPLACE INTO schema_state (sink, key, definition) VALUES (?, ?, ?)',
    ),
    dropSchema: database.prepare<[string, string]>(
      'DELETE FROM schema_state WHERE sink = ? AND key = ?',
    ),
    clearSchema: database.prepare<[string]>('DELETE FROM schema_state WHERE sink = ?'),
    putHistory: database.prepare<[string, number, number, string]>(
      'INSERT OR REPLACE INTO position_history (sink, saved_at_ms, seq, position) VALUES (?, ?, ?, ?)',
    ),
    pruneHistory: database.prepare<[string, number]>(
      'DELETE FROM position_history WHERE sink = ? AND saved_at_ms < ?',
    ),
    history: database.prepare<[string, number], CheckpointRow>(
      `SELECT seq, position, saved_at_ms FROM position_history WHERE sink = ?
       ORDER BY saved_at_ms DESC LIMIT ?`,
    ),
    oldest: database.prepare<[string], CheckpointRow>(
      `SELECT seq, position, saved_at_ms FROM position_history WHERE sink = ?
       ORDER BY saved_at_ms LIMIT 1`,
    ),
    historyAt: database.prepare<[string, number], CheckpointRow>(
      `SELECT seq, position, saved_at_ms FROM position_history WHERE sink = ? AND saved_at_ms <= ?
       ORDER BY saved_at_ms DESC LIMIT 1`,
    ),
  };
}
