import { parseGtidSet } from '../../../core/gtid-set-parse.ts';
import type { GtidSet } from '../../../core/gtid-set.ts';
import { readBinlogFiles } from '../../../replica/oldest-position.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import type { ServerOptions } from '../../../server/connect-options.ts';
import { readOptionalText, type Row } from '../../../server/row-reader.ts';
import { quoteText } from '../../../server/sql-text.ts';
import { findBoundary } from '../position-scan.ts';
import { readHead } from '../read-head.ts';
import { errant, misses, purged } from './verdicts.ts';

export interface JudgeOptions {
  /** Logged in at the candidate. */
  readonly connection: ServerConnection;
  /** The candidate alone. */
  readonly server: ServerOptions;
  /** What was taken from the cluster so far. */
  readonly done: GtidSet;
  readonly signal: AbortSignal;
}

/**
 * Whether reading can go on at another MySQL server of the cluster: it has everything that we have, it still has
 * everything that we lack, and it wrote nothing of its own before the last of what we have: such a transaction was
 * never on the server that we read from, so it did not happen for those who trusted that one.
 */
export async function judgeMysql(options: JudgeOptions): Promise<void> {
  const { connection } = options;
  const done = options.done.toString();
  const [row] = await connection.query(
    'SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed) AS missing,' +
      ' GTID_SUBTRACT(@@GLOBAL.gtid_purged, ?) AS purged,' +
      ' GTID_SUBTRACT(@@GLOBAL.gtid_executed, ?) AS ahead',
    [done, done, done],
  );
  const missing = textOf(row, 'missing');
  if (missing !== '') throw await misses(connection, missing);
  const gone = textOf(row, 'purged');
  if (gone !== '') throw purged(connection, gone);
  await refuseErrant(options, parseGtidSet(textOf(row, 'ahead'), 'mysql'));
}

/** Where the server has all of `done`, what it has besides was there before it: of its own making, if it is its own. */
async function refuseErrant(options: JudgeOptions, ahead: GtidSet): Promise<void> {
  const { connection, server, done, signal } = options;
  const own = connection.info.serverUuid?.toLowerCase();
  if (own === undefined || !ahead.toString().includes(own)) return;
  const file = await fileWhereDoneEnds(connection, done);
  if (file === undefined) return;
  const head = await readHead(connection);
  const context = { connection, server, signal, withGtids: true, head };
  const end = await findBoundary(file, ({ gtidSet }) => gtidSet.includes(done), context);
  if (end?.kind !== 'gtid') return;
  const [row] = await connection.query('SELECT GTID_SUBTRACT(?, ?) AS more', [
    end.gtidSet.toString(),
    done.toString(),
  ]);
  const strangers = textOf(row, 'more')
    .split(',')
    .filter((member) => member.startsWith(own));
  if (strangers.length > 0) throw errant(connection, strangers.join(','));
}

/** The newest file that does not begin with all of `done`; undefined: none, so all of it comes first. */
async function fileWhereDoneEnds(
  connection: ServerConnection,
  done: GtidSet,
): Promise<string | undefined> {
  const files = await readBinlogFiles(connection);
  for (const { name } of [...files].reverse()) {
    const events = await connection.query(`SHOW BINLOG EVENTS IN ${quoteText(name)} LIMIT 3`);
    const previous = events.find((one) => readOptionalText(one, 'Event_type') === 'Previous_gtids');
    const begins = parseGtidSet(textOf(previous, 'Info'), 'mysql');
    if (!begins.includes(done)) return name;
  }
  return undefined;
}

function textOf(row: Row | undefined, name: string): string {
  return (readOptionalText(row, name) ?? '').replaceAll('\n', '').toLowerCase();
}
