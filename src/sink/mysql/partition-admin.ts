import type { DeadLetter } from '../../core/dead-letter.ts';
import { partitionName, REPLAYED, type TopicPartition } from '../../core/position.ts';
import { connectServer } from '../../server/connect.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import { readNumber, readText, type Row } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/server-connection.ts';
import { quoteText } from '../../server/sql-text.ts';
import { letterStatement } from './dead-letters.ts';
import { NO_OFFSET } from './partition-marks.ts';
import { ensureStateDatabase, listTables, PARTITION_TABLE, StateTables } from './state-database.ts';
import { OWNER } from './task-lock.ts';

export interface PartitionAdminOptions {
  readonly task: string;
  readonly server: ServerOptions;
  readonly stateDatabase: string;
}

/** How far a consumer is in a partition, as the target has it. */
export interface StoredMark extends TopicPartition {
  /** Of the next message. */
  readonly offset: number;
}

/** Every partition of which something was applied; changes nothing. */
export async function readMarks(
  options: PartitionAdminOptions,
  signal: AbortSignal,
): Promise<readonly StoredMark[]> {
  const connection = await connectServer(options.server, 'target', { signal });
  try {
    const names = await listTables(connection, options.stateDatabase);
    if (names?.has(PARTITION_TABLE) !== true) return [];
    return await readAll(connection, options);
  } finally {
    await connection.close();
  }
}

export interface MarkMove {
  /** Next offsets, by `topic-number`. */
  readonly to: readonly StoredMark[];
  /** Partitions that have a mark stay where they are. */
  readonly onlyNew: boolean;
  readonly action: string;
  readonly reason: string;
  /** Of what is passed by it. */
  readonly letter?: DeadLetter;
}

/**
 * Moves marks by an operator's wish, all of them or none. Each takes another generation, so a consumer that has the
 * partition now writes nothing more and begins again at the new mark. Gives what was moved.
 */
export async function moveMarks(
  options: PartitionAdminOptions,
  move: MarkMove,
  signal: AbortSignal,
): Promise<readonly StoredMark[]> {
  const connection = await connectServer(options.server, 'target', { signal });
  try {
    await ensureStateDatabase(connection, options.stateDatabase);
    const known = new Map(
      (await readAll(connection, options)).map((mark) => [partitionName(mark), mark.offset]),
    );
    const moved = move.to.filter((mark) => !move.onlyNew || !known.has(partitionName(mark)));
    if (moved.length === 0) return [];
    await connection.run('BEGIN');
    for (const mark of moved) {
      await connection.run(moveStatement(options, mark, known.get(partitionName(mark))));
    }
    for (const statement of recordStatements(options, move, moved)) await connection.run(statement);
    await connection.run('COMMIT');
    return moved;
  } finally {
    await connection.close();
  }
}

async function readAll(
  connection: ServerConnection,
  { task, stateDatabase }: PartitionAdminOptions,
): Promise<StoredMark[]> {
  const { partition } = new StateTables(stateDatabase);
  const rows = await connection.query(
    `SELECT topic,part,next_offset FROM ${partition} WHERE task=${quoteText(task)} ORDER BY topic,part`,
  );
  return rows.map(toMark).filter(({ offset }) => offset !== NO_OFFSET);
}

function toMark(row: Row): StoredMark {
  return {
    topic: readText(row, 'topic'),
    partition: readNumber(row, 'part'),
    offset: readNumber(row, 'next_offset'),
  };
}

/** What lies between a mark and an earlier one has come already: it comes by key this time. */
function moveStatement(
  { task, stateDatabase }: PartitionAdminOptions,
  { topic, partition, offset }: StoredMark,
  before: number | undefined,
): string {
  const goesBack = before !== undefined && offset < before;
  const replayed = quoteText(JSON.stringify({ [REPLAYED]: { seq: before, part: 0 } }));
  const key = `${quoteText(task)},${quoteText(topic)},${partition}`;
  return (
    `INSERT INTO ${new StateTables(stateDatabase).partition}` +
    ' (task,topic,part,generation,owner,next_offset,sources,touches,updated_at)' +
    ` VALUES (${key},1,${quoteText(OWNER)},${offset},'{}',0,UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE` +
    ` generation=generation+1,owner=VALUES(owner),next_offset=${offset},` +
    `${goesBack ? `sources=${replayed},` : ''}touches=touches+1,updated_at=UTC_TIMESTAMP(6)`
  );
}

function recordStatements(
  { task, stateDatabase }: PartitionAdminOptions,
  { action, reason, letter }: MarkMove,
  moved: readonly StoredMark[],
): string[] {
  const tables = new StateTables(stateDatabase);
  const place = moved.map((mark) => `${partitionName(mark)}:${mark.offset}`).join(',');
  const values = [task, action, OWNER, place, reason].map(quoteText).join(',');
  return [
    ...(letter === undefined ? [] : [letterStatement(task, tables, letter)]),
    `INSERT INTO ${tables.audit} (task,action,who,place,reason,created_at) ` +
      `VALUES (${values},UTC_TIMESTAMP(6))`,
  ];
}
