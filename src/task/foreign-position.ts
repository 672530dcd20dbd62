import { readFileSync } from 'node:fs';
import { TailraceError } from '../core/errors.ts';
import { readNumber, readOptionalText, readText } from '../server/row-reader.ts';
import type { ServerConnection } from '../server/connect.ts';
import { quoteName, quoteText } from '../server/sql-text.ts';

export const FOREIGN_TOOLS = ['maxwell', 'canal', 'debezium'] as const;
export type ForeignTool = (typeof FOREIGN_TOOLS)[number];

/** Where another tool stands. `offset` may lie inside a transaction that it has handed on in part. */
export interface ForeignPosition {
  readonly file: string;
  readonly offset: number;
  /** What it has done whole, where it keeps that. */
  readonly gtids: string | undefined;
}

export interface MaxwellPlace {
  /** `schema_database` of Maxwell's configuration. */
  readonly database: string;
  /** Its `client_id`. */
  readonly client: string;
}

/** `maxwell.positions` on the server that Maxwell reads (or its `host`). */
export async function readMaxwellPosition(
  connection: ServerConnection,
  { database, client }: MaxwellPlace,
): Promise<ForeignPosition> {
  const rows = await connection.query(
    `SELECT * FROM ${quoteName(database)}.positions WHERE client_id = ${quoteText(client)}`,
  );
  // It has one for each server that it ever read.
  const row = rows.length > 1 ? rows.find((one) => isOf(connection, one['server_id'])) : rows[0];
  if (row === undefined) {
    throw notFound(`${database}.positions has no position of the client "${client}"`);
  }
  return {
    file: readText(row, 'binlog_file'),
    offset: readNumber(row, 'binlog_position'),
    gtids: textOrNone(readOptionalText(row, 'gtid_set')),
  };
}

function isOf({ info }: ServerConnection, serverId: unknown): boolean {
  return String(serverId) === String(info.serverId);
}

/** canal's `meta.dat` of a destination: JSON, `postion` as it spells it. */
export function readCanalPosition(path: string): ForeignPosition {
  const [, json = ''] = /("postion"\s*:\s*\{[^{}]*\})/.exec(readFile(path)) ?? [];
  if (json === '') throw notFound(`${path} holds no position as canal's meta.dat has it`);
  const { postion } = JSON.parse(`{${json}}`) as { postion: Record<string, unknown> };
  return positionFrom(postion, ['journalName', 'position', 'gtid'], path);
}

/**
 * A connector's offset: the text of a message of Kafka Connect's offset topic, or the file of the
 * standalone mode, in whose serialized Java map the same JSON stands. The last one counts.
 */
export function readDebeziumPosition(path: string): ForeignPosition {
  const offsets = [...readFile(path).matchAll(/\{[^{}]*"file"\s*:\s*"[^{}]*\}/g)].flatMap(
    ([json]) => {
      try {
        return [JSON.parse(json) as Record<string, unknown>];
      } catch {
        return [];
      }
    },
  );
  const last = offsets.at(-1);
  if (last === undefined) throw notFound(`${path} holds no offset of a Debezium connector`);
  return positionFrom(last, ['file', 'pos', 'gtids'], path);
}

function positionFrom(
  fields: Record<string, unknown>,
  [fileKey, offsetKey, gtidKey]: readonly [string, string, string],
  path: string,
): ForeignPosition {
  const file = fields[fileKey];
  const offset = Number(fields[offsetKey]);
  if (typeof file !== 'string' || !Number.isSafeInteger(offset)) {
    throw notFound(`${path} has no ${fileKey} and ${offsetKey}`);
  }
  const gtids = fields[gtidKey];
  return { file, offset, gtids: textOrNone(typeof gtids === 'string' ? gtids : undefined) };
}

function textOrNone(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.replaceAll(/\s/g, '');
}

/** Bytes one by one: a serialized map is not UTF-8, and what is looked for is ASCII. */
function readFile(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'latin1');
  } catch (cause) {
    throw new TailraceError('USAGE', `${path} cannot be read`, { place: { path }, cause });
  }
}

function notFound(message: string): TailraceError {
  return new TailraceError('USAGE', message, {
    next: 'canal: --file conf/DESTINATION/meta.dat; debezium: --file OFFSETS; maxwell: --database and --client-id as Maxwell has them.',
  });
}
