import { isServerErrno } from '../../../server/error-from-server.ts';
import { readText } from '../../../server/row-reader.ts';
import type { ServerConnection } from '../../../server/server-connection.ts';
import { formatDescriptionEvent } from './events.ts';
import { binlogStatement, type ImageSettings } from './images-writer.ts';

/** What stands in the way of row images on this session, and what mends it. */
export interface ImagesRefusal {
  readonly reason: string;
  readonly mend:
    | { readonly kind: 'grant'; readonly right: string }
    | { readonly kind: 'set'; readonly statement: string };
}

/** A statement has the events' bytes as base64, and they are whole in the server's memory too. */
const MAX_EVENT_BYTES = 1024 * 1024;
const STATEMENT_MARGIN_BYTES = 4096;
const NO_RIGHT = [1227, 1193, 1231, 1232, 1238, 3706] as const;

/**
 * Makes the session take row images: a format description says how the events that follow are written. Whether the
 * account may do it is found out by doing it.
 */
export async function openImages(
  connection: ServerConnection,
): Promise<ImageSettings | ImagesRefusal> {
  const variables = await readVariables(connection);
  const mode = findLooseMode(variables);
  if (mode !== undefined) {
    const reason = `${mode} is IDEMPOTENT: the target would pass over rows that it does not find`;
    return { reason, mend: { kind: 'set', statement: `SET GLOBAL ${mode} = 'STRICT';` } };
  }
  const { info } = connection;
  // After a format description MySQL waits to be told a GTID, so the right to say "none" comes first.
  const before = info.flavor === 'mysql' ? ["SET SESSION gtid_next='AUTOMATIC'"] : [];
  const event = binlogStatement(formatDescriptionEvent(info)).toString('latin1');
  try {
    for (const statement of [...before, event, ...before]) await connection.run(statement);
  } catch (thrown) {
    if (!isServerErrno(thrown, ...NO_RIGHT)) throw thrown;
    const right = rightFor(info.flavor, info.versionNumber);
    const reason = `the account lacks ${right}, which applying row images as they are takes`;
    return { reason, mend: { kind: 'grant', right } };
  }
  const room = ((info.maxAllowedPacket - STATEMENT_MARGIN_BYTES) * 3) / 4;
  return {
    flavor: info.flavor,
    serverId: info.serverId,
    maxEventBytes: Math.min(MAX_EVENT_BYTES, Math.floor(room)),
    repeatsText: REPEATING.every((name) => variables.get(name) === 'ON'),
  };
}

export function isRefusal(opened: ImageSettings | ImagesRefusal): opened is ImagesRefusal {
  return 'reason' in opened;
}

function rightFor(flavor: 'mysql' | 'mariadb', versionNumber: number): string {
  if (flavor === 'mariadb') return versionNumber >= 100502 ? 'BINLOG REPLAY' : 'SUPER';
  return versionNumber >= 80018 ? 'REPLICATION_APPLIER' : 'SUPER';
}

/** What has to be on for MariaDB to write a statement's text into its binlog, once for each table of it. */
const REPEATING = ['binlog_annotate_row_events', 'log_bin', 'sql_log_bin'] as const;
/** MySQL's and MariaDB's name for it. */
const MODES = ['slave_exec_mode', 'rbr_exec_mode'] as const;

async function readVariables(connection: ServerConnection): Promise<ReadonlyMap<string, string>> {
  const names = [...MODES, ...REPEATING].map((name) => `'${name}'`);
  const rows = await connection.query(
    `SHOW SESSION VARIABLES WHERE Variable_name IN (${names.join(',')})`,
  );
  return new Map(rows.map((row) => [readText(row, 'Variable_name'), readText(row, 'Value')]));
}

/** Where a missing row is no error, nothing would tell that the target differs. */
function findLooseMode(variables: ReadonlyMap<string, string>): string | undefined {
  return MODES.find((name) => (variables.get(name) ?? 'STRICT') !== 'STRICT');
}
