import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { EventDecoder } from '../../../src/binlog/event-decoder.ts';
import type { RowsEvent, TableMapEvent } from '../../../src/binlog/event.ts';
import type { Frame } from '../../../src/core/frame.ts';
import type { GtidFlavor } from '../../../src/core/gtid-set.ts';
import { framesOfFile } from '../../support/binlog-frames.ts';
import type { Sql } from '../../support/sql.ts';

/** A rows event and the table map before it. */
export interface CapturedRows {
  readonly tableMap: TableMapEvent;
  readonly rows: RowsEvent;
  readonly flavor: GtidFlavor;
}

/** The rows events that `write` makes in `database`, read from the server's own binlog files. */
export async function captureRows(
  sql: Sql,
  database: string,
  write: () => Promise<void>,
): Promise<CapturedRows[]> {
  const basePath = String(await sql.value('SELECT @@log_bin_basename'));
  const start = await currentPosition(sql);
  await write();
  const captured: CapturedRows[] = [];
  for (const file of filesFrom(basePath, start.file)) {
    const offset = basename(file) === start.file ? start.offset : 0;
    collect(new EventDecoder(), framesOfFile(readFileSync(file)), { database, offset, captured });
  }
  return captured;
}

async function currentPosition(sql: Sql): Promise<{ file: string; offset: number }> {
  const rows = await sql.rows('SHOW BINARY LOG STATUS').catch(() => sql.rows('SHOW MASTER STATUS'));
  return { file: String(rows[0]?.['File']), offset: Number(rows[0]?.['Position']) };
}

function filesFrom(basePath: string, first: string): string[] {
  const folder = dirname(basePath);
  const prefix = `${basename(basePath)}.`;
  return readdirSync(folder)
    .filter((file) => file.startsWith(prefix) && /^\d+$/.test(file.slice(prefix.length)))
    .filter((file) => file >= first)
    .sort()
    .map((file) => `${folder}/${file}`);
}

interface Collecting {
  readonly database: string;
  readonly offset: number;
  readonly captured: CapturedRows[];
}

function collect(decoder: EventDecoder, frames: Iterable<Frame>, into: Collecting): void {
  const maps = new Map<number, TableMapEvent>();
  for (const frame of frames) {
    const { typeCode } = decoder.header(frame);
    if (frame.start < into.offset && typeCode !== 15) continue;
    const event = decoder.decode(frame);
    if (event.kind === 'format-description') decoder.setFormat(event);
    if (event.kind === 'transaction-payload') {
      collect(decoder, event.frames(), { ...into, offset: 0 });
    }
    if (event.kind === 'table-map') maps.set(event.tableId, event);
    if (event.kind !== 'rows') continue;
    const tableMap = maps.get(event.tableId);
    if (tableMap?.database !== into.database) continue;
    into.captured.push({ tableMap, rows: event, flavor: decoder.flavor });
  }
}
