import { readFileSync } from 'node:fs';
import { EventDecoder } from '../../src/binlog/event-decoder.ts';
import type { BinlogEvent } from '../../src/binlog/event.ts';
import type { BinlogCoordinates } from '../../src/core/position.ts';
import type { TestServer } from '../support/servers.ts';
import type { Sql } from '../support/sql.ts';

export interface PlacedEvent {
  readonly coordinates: BinlogCoordinates;
  readonly event: BinlogEvent;
}

/** Where the server's binlog ends now. */
export async function binlogHead(sql: Sql): Promise<BinlogCoordinates> {
  const last = (await sql.rows('show binary logs')).at(-1);
  return { file: String(last?.['Log_name']), offset: Number(last?.['File_size']) };
}

/** The events from a place to the end of that file, read from the disk of the server. */
export function readBinlog(server: TestServer, from: BinlogCoordinates): PlacedEvent[] {
  const bytes = readFileSync(`${server.datadir}/${from.file}`);
  const decoder = new EventDecoder();
  const events: PlacedEvent[] = [];
  for (let start = 4; start + 19 <= bytes.length;) {
    const size = bytes.readUInt32LE(start + 9);
    const type = bytes[start + 4] ?? 0;
    // Every event has a checksum here; that of the format description stands behind its algorithm.
    const frame = { bytes, start, end: start + size - 4, checksumLength: 4 } as const;
    const isWanted = type === 15 || type === 2 || type === 19;
    if (isWanted && (type === 15 || start >= from.offset)) {
      const event = decoder.decode(frame);
      events.push({ coordinates: { file: from.file, offset: start }, event });
    }
    start += size;
  }
  return events.filter(({ coordinates }) => coordinates.offset >= from.offset);
}
