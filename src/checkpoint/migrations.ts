import type { Database } from 'better-sqlite3';
import { TailraceError } from '../core/errors.ts';

/**
 * What each version adds to the one before; `user_version` counts them. Never change one that was
 * released: add another.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE checkpoint (
    sink TEXT PRIMARY KEY,
    seq INTEGER NOT NULL,
    position TEXT NOT NULL,
    saved_at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What the schema history knew at that sink's checkpoint.
  CREATE TABLE schema_state (
    sink TEXT NOT NULL,
    key TEXT NOT NULL,
    definition TEXT NOT NULL,
    PRIMARY KEY (sink, key)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE position_history (
    sink TEXT NOT NULL,
    saved_at_ms INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    position TEXT NOT NULL,
    PRIMARY KEY (sink, saved_at_ms)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE dead_letter (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    code TEXT,
    seq INTEGER,
    gtid TEXT,
    coordinates TEXT,
    table_name TEXT,
    payload TEXT
  ) STRICT;
  `,
  `
  -- One inspection at a time, and how far it is in each table.
  CREATE TABLE inspection (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    signature TEXT NOT NULL,
    started_at_ms INTEGER NOT NULL,
    saved_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE inspected_table (
    name TEXT PRIMARY KEY,
    progress TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Differences that stay from round to round of a periodic inspection.
  CREATE TABLE known_difference (
    table_name TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    rounds INTEGER NOT NULL,
    first_seen_at_ms INTEGER NOT NULL,
    is_alarmed INTEGER NOT NULL,
    PRIMARY KEY (table_name, key)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** Brings the file to the newest version, or refuses one that a later tailrace wrote. */
export function migrate(database: Database, path: string): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > MIGRATIONS.length) {
    throw new TailraceError(
      'STATE_UNUSABLE',
      `${path} was written by a later version of tailrace (${version}, known is ${MIGRATIONS.length})`,
      { place: { path }, next: 'Run the later version, or move the file away.' },
    );
  }
  if (version === MIGRATIONS.length) return;
  database.transaction(() => {
    for (const migration of MIGRATIONS.slice(version)) database.exec(migration);
    database.pragma(`user_version = ${MIGRATIONS.length}`);
  })();
}
