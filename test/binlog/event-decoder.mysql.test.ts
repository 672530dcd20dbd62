import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventDecoder } from '../../src/binlog/event-decoder.ts';
import type { Frame } from '../../src/core/frame.ts';
import { framesOfFile } from '../support/binlog-frames.ts';
import { testServer } from '../support/servers.ts';

const SOURCES = ['src56', 'src57', 'src97', 'src10', 'src11'] as const;
const DATABASE = 'tr_events';

/** Statements that write events of many kinds; each family also some of its own. */
const COMMON = [
  `DROP DATABASE IF EXISTS ${DATABASE}`,
  `CREATE DATABASE ${DATABASE}`,
  `USE ${DATABASE}`,
  `CREATE TABLE t (id INT PRIMARY KEY, s VARCHAR(20), e ENUM('a','b'), g GEOMETRY, y YEAR) ENGINE=InnoDB`,
  `INSERT INTO t (id, s) VALUES (1, 'one'), (2, 'two')`,
  `UPDATE t SET s = 'uno' WHERE id = 1`,
  `DELETE FROM t WHERE id = 2`,
  `CREATE TABLE m (a INT) ENGINE=MyISAM`,
  `INSERT INTO m VALUES (1)`,
  `XA START 'tailrace'`,
  `INSERT INTO t (id) VALUES (3)`,
  `XA END 'tailrace'`,
  `XA PREPARE 'tailrace'`,
  `XA COMMIT 'tailrace'`,
  `SET SESSION binlog_format = STATEMENT`,
  `SET @v = 'x'`,
  `INSERT INTO t (id, s) VALUES (4, @v)`,
  `SET SESSION binlog_format = ROW`,
];
const MYSQL_8 = [
  `SET SESSION binlog_transaction_compression = ON`,
  `INSERT INTO t (id, s) VALUES (5, 'packed')`,
  // More than 16 MiB of row images in one transaction: read as a stream.
  `CREATE TABLE big (id INT PRIMARY KEY AUTO_INCREMENT, x LONGTEXT)`,
  `INSERT INTO big (x) SELECT REPEAT(UUID(), 30000) FROM (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5) a, (SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5) b`,
];

async function writeEvents(name: (typeof SOURCES)[number]): Promise<string> {
  const connection = await createConnection({ port: testServer(name).port, user: 'root' });
  try {
    for (const statement of COMMON) await connection.query(statement);
    if (name === 'src97') for (const statement of MYSQL_8) await connection.query(statement);
    await connection.query(`DROP DATABASE ${DATABASE}`);
    const [rows] = await connection.query<RowDataPacket[]>('SELECT @@log_bin_basename AS path');
    return String(rows[0]?.['path']);
  } finally {
    await connection.end();
  }
}

function binlogFiles(basePath: string): string[] {
  const folder = dirname(basePath);
  const prefix = `${basename(basePath)}.`;
  return readdirSync(folder)
    .filter((file) => file.startsWith(prefix) && /^\d+$/.test(file.slice(prefix.length)))
    .map((file) => `${folder}/${file}`);
}

function countKinds(decoder: EventDecoder, frames: Iterable<Frame>, counts: Map<string, number>) {
  for (const frame of frames) {
    const event = decoder.decode(frame);
    const key = `${event.kind} ${event.header.typeCode}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (event.kind === 'transaction-payload') countKinds(decoder, event.frames(), counts);
  }
}

describe.each(SOURCES)('EventDecoder on the binlog files of %s', (name) => {
  it('decodes every event of every file, and none is unknown', async () => {
    const basePath = await writeEvents(name);
    const counts = new Map<string, number>();
    for (const file of binlogFiles(basePath)) {
      countKinds(new EventDecoder(), framesOfFile(readFileSync(file)), counts);
    }
    const kinds = new Set([...counts.keys()].map((key) => key.replace(/ \d+$/, '')));
    expect([...counts.keys()].filter((key) => key.startsWith('unknown'))).toEqual([]);
    const expected = ['format-description', 'query', 'gtid', 'table-map', 'rows', 'xid'];
    if (name !== 'src56') expected.push('xa-prepare');
    expected.push('statement-part', /^src[59]/.test(name) ? 'previous-gtids' : 'gtid-list');
    if (name === 'src97') expected.push('transaction-payload');
    expect([...kinds]).toEqual(expect.arrayContaining(expected));
  });
});
