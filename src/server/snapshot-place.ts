import type { Position } from '../core/position.ts';
import { readOptionalText } from './row-reader.ts';
import type { ServerConnection } from './server-connection.ts';

/** MariaDB tells the exact place of a consistent view. */
export async function readSnapshotPlace(source: ServerConnection): Promise<Position | undefined> {
  const rows = await source.query("SHOW STATUS LIKE 'binlog_snapshot_%'");
  const values = new Map(
    rows.map((row) => [
      (readOptionalText(row, 'Variable_name') ?? '').toLowerCase(),
      readOptionalText(row, 'Value') ?? '',
    ]),
  );
  const file = values.get('binlog_snapshot_file') ?? '';
  const offset = Number(values.get('binlog_snapshot_position') ?? Number.NaN);
  if (file === '' || !Number.isSafeInteger(offset)) return undefined;
  return { kind: 'coordinates', coordinates: { file, offset } };
}
