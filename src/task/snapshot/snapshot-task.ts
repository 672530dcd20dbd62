import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { envReader } from '../../config/env.ts';
import { requireSource, requireTarget, serverOptions } from '../../config/server-options.ts';
import type { Checkpoint } from '../../core/checkpoint.ts';
import type { CopyTarget } from '../../core/copy.ts';
import { TailraceError } from '../../core/errors.ts';
import { formatPosition, type Position } from '../../core/position.ts';
import { formatTableName } from '../../core/table.ts';
import { connectServer, type ServerConnection } from '../../server/connect.ts';
import { reachHost } from '../../server/reach-host.ts';
import { readOptionalText } from '../../server/row-reader.ts';
import { readCheckpoint } from '../../sink/mysql/checkpoint-admin.ts';
import { readCopyMarks } from '../../sink/mysql/copy/copy-marks.ts';
import { openMysqlCopyTarget } from '../../sink/mysql/copy/mysql-copy-target.ts';
import {
  CopyRecord,
  HEAD_KEY,
  markOf,
  type CopyHead,
  type TableRecord,
} from '../../snapshot/copy-record.ts';
import { copyRound, type CopyRoundOptions, type RoundResult } from '../../snapshot/copy-round.ts';
import { copyViews, type OtherObjects } from '../../snapshot/copy-views.ts';
import { findDumpProgram } from '../../snapshot/dump/find-program.ts';
import { SourceThrottle } from '../../snapshot/source-throttle.ts';
import type { SourceTable } from '../../snapshot/source-tables.ts';
import { describeSource } from '../../source/binlog/describe-source.ts';
import { readHead } from '../../source/binlog/read-head.ts';
import { clearSkips } from '../skip-marker.ts';
import { routerOf } from '../task-setup.ts';
import { adminOf, catchUp } from './catch-up.ts';
import { learnSchema } from './learn-schema.ts';
import { onlyTables } from './only-tables.ts';
import { refusePastKafka } from './refuse-past-kafka.ts';
import type { SnapshotTask } from './snapshot-options.ts';

/** Rounds in which tables were altered under our hands. */
export const MOST_ROUNDS = 10;

export interface SnapshotResult {
  readonly task: string;
  readonly tables: number;
  readonly rows: number;
  readonly bytes: number;
  readonly position: string;
  readonly others: OtherObjects;
}

/** What the progress has counted, with the place from which the task goes on. */
export function resultOf(
  { task, progress }: Pick<SnapshotTask, 'task' | 'progress'>,
  position: Position | undefined,
  others: OtherObjects = { views: [], leftOut: {} },
): SnapshotResult {
  const { rows, bytes, tablesDone } = progress.totals;
  return {
    task: task.name,
    tables: tablesDone,
    rows,
    bytes,
    position: position === undefined ? '' : formatPosition(position),
    others,
  };
}

/** The first copy of one task, from wherever an earlier attempt left it to the checkpoint that `run` goes on from. */
export async function copyTask(run: SnapshotTask): Promise<SnapshotResult> {
  const admin = adminOf(run);
  const record = new CopyRecord(await readCopyMarks(admin, run.signal));
  const state = await readCheckpoint(admin, run.signal);
  const begin = beginningOf(run, record.head, state?.checkpoint);
  assertSameTables(run, record);
  await refusePastKafka(run);
  const source = await openSource(run);
  try {
    if (!begin.isAnew) assertSameSource(run, record, source);
    const copy = { ...run, overwrite: begin.mayEmpty, restart: false };
    if (begin.isAnew) await forgetCopied(copy, source, () => true);
    else if (record.head !== undefined) await forgetPartial(copy, source);
    return await copyInRounds(copy, source);
  } finally {
    await source.close();
  }
}

function beginningOf(
  run: SnapshotTask,
  head: CopyHead | undefined,
  checkpoint: Checkpoint | undefined,
): { readonly isAnew: boolean; readonly mayEmpty: boolean } {
  // A connection that gets lost does not begin anew what this command has copied.
  const isOurs = head !== undefined && head.startedAt >= run.beganAt;
  const isAnew = run.restart && !isOurs;
  if (head === undefined && checkpoint !== undefined && !isAnew) throw notNeeded(run, checkpoint);
  const isKnown = head !== undefined || checkpoint !== undefined;
  return { isAnew, mayEmpty: run.overwrite || head?.mayEmpty === true || (isAnew && isKnown) };
}

export async function openSource(run: SnapshotTask): Promise<ServerConnection> {
  const options = serverOptions(requireSource(run.task));
  return connectServer(options, 'source', { signal: run.signal });
}

const identityOf = ({ info }: ServerConnection): string =>
  info.serverUuid ?? `${info.host} server_id ${info.serverId}`;

function headOf(run: SnapshotTask, source: ServerConnection): CopyHead {
  return {
    server: identityOf(source),
    startedAt: new Date().toISOString(),
    engine: run.engine,
    mayEmpty: run.overwrite,
    tables: run.tables?.map(({ text }) => text),
  };
}

/** Tables that are there in part would be left so, and the copy would count as whole. */
function assertSameTables(run: SnapshotTask, { head }: CopyRecord): void {
  if (run.tables === undefined || head === undefined) return;
  const asked = new Set(run.tables.map(({ text }) => text));
  if (head.tables?.every((text) => asked.has(text)) === true) return;
  const begun = head.tables === undefined ? 'all tables' : head.tables.join(', ');
  throw new TailraceError(
    'SNAPSHOT_UNFINISHED',
    `A copy of ${begun} was begun and is not finished; --table leaves a part of it out.`,
    {
      place: { task: run.task.name },
      next: 'Finish it with tailrace snapshot, without --table; add tables afterwards.',
    },
  );
}

function assertSameSource(run: SnapshotTask, record: CopyRecord, source: ServerConnection): void {
  const { head } = record;
  if (head === undefined || head.server === identityOf(source)) return;
  throw new TailraceError(
    'SNAPSHOT_UNFINISHED',
    `The copy was begun from the server ${head.server}; ${source.info.host} is ${identityOf(source)}, where its positions mean nothing.`,
    {
      place: { task: run.task.name, host: source.info.host },
      next: 'Put the other server first in task.source.hosts, or begin anew with --restart.',
    },
  );
}

function notNeeded(run: SnapshotTask, checkpoint: { readonly position: Position }): TailraceError {
  const position = formatPosition(checkpoint.position);
  return new TailraceError(
    'SNAPSHOT_NOT_NEEDED',
    `Task "${run.task.name}" has a checkpoint already: ${position}.`,
    { place: { task: run.task.name } },
  );
}

/**
 * Tables that are there in part are brought up to date by key, which takes whole rows: where the source logs less,
 * they are begun anew.
 */
async function forgetPartial(run: SnapshotTask, source: ServerConnection): Promise<void> {
  const [row] = await source.query('SELECT @@GLOBAL.binlog_row_image AS image');
  if (readOptionalText(row, 'image') === 'FULL') return;
  await forgetCopied(run, source, ({ state }) => state !== 'done');
}

/** What was copied counts as begun: it is emptied and copied again. */
async function forgetCopied(
  run: SnapshotTask,
  source: ServerConnection,
  isForgotten: (table: TableRecord) => boolean,
): Promise<void> {
  const target = await openTarget(run, 1, source);
  try {
    const record = new CopyRecord(await target.loadMarks());
    const marks = record.tableKeys.flatMap((key) => {
      const table = record.table(key);
      if (table === undefined || !isForgotten(table)) return [];
      const begun = { ...table, slices: undefined, state: 'begun' as const, rows: 0, bytes: 0 };
      const slices = record.keysOf(key).filter((one) => one !== key);
      return [...slices.map((one) => ({ key: one, text: null })), markOf(key, begun)];
    });
    await target.saveMarks([markOf(HEAD_KEY, headOf(run, source)), ...marks]);
  } finally {
    await target.close();
  }
}

async function openTarget(
  run: SnapshotTask,
  writers: number,
  source: ServerConnection,
): Promise<CopyTarget> {
  const target = requireTarget(run.task);
  return openMysqlCopyTarget(
    {
      ...adminOf(run),
      sqlLogBin: target.sqlLogBin,
      allowNontransactional: target.allowNontransactional,
      router: routerOf(run.task),
      writers,
      source: await describeSource(source),
    },
    run.signal,
  );
}

async function copyInRounds(run: SnapshotTask, source: ServerConnection): Promise<SnapshotResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tailrace-'));
  let throttle: SourceThrottle | undefined;
  try {
    const options = await roundOptions(run, source, folder);
    throttle = options.throttle;
    for (let round = 1; ; round++) {
      await catchUp(run, undefined);
      const result = await copyRound(options);
      if (result.left.length === 0) return await finish(run, source, result);
      await result.target.close();
      const names = result.left.map(formatTableName).join(', ');
      if (round === MOST_ROUNDS) throw tablesChange(run, names);
      run.logger.info(`Altered while they were copied, so copied again: ${names}`);
    }
  } finally {
    await throttle?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export function tablesChange(run: SnapshotTask, names: string): TailraceError {
  return new TailraceError(
    'SNAPSHOT_TABLES_CHANGE',
    `Still altered in round ${MOST_ROUNDS}: ${names}.`,
    {
      place: { task: run.task.name },
    },
  );
}

export async function roundOptions(
  run: SnapshotTask,
  source: ServerConnection,
  folder: string,
): Promise<CopyRoundOptions> {
  const { task, signal, overwrite, progress, logger } = run;
  const sourceConfig = requireSource(task);
  const { tables } = run;
  const whole = routerOf(task);
  const router =
    tables === undefined
      ? whole
      : onlyTables(whole, (name) => tables.some((pattern) => pattern.matches(name)));
  const { host } = source.info;
  const server = { ...serverOptions(sourceConfig), hosts: [host] };
  const { connections, lock, maxThreadsRunning, maxLagSeconds } = task.snapshot;
  const connect = () => connectServer(server, 'source', { signal });
  const limits = { maxThreadsRunning, maxLagSeconds };
  const onReason = (reason: string | undefined): void => {
    progress.waitsFor = reason;
  };
  const throttle = new SourceThrottle(limits, connect, onReason, logger);
  return {
    connect,
    readPosition: readHead,
    learnSchema: (position) =>
      learnSchema(position, { source: sourceConfig, router: whole, host, signal }),
    catchUp: (position) => catchUp(run, position),
    doneTables: async () => {
      const record = new CopyRecord(await readCopyMarks(adminOf(run), signal));
      return record.tableKeys.filter((key) => record.table(key)?.state === 'done');
    },
    openTarget: () => openTarget(run, connections, source),
    router,
    readers: run.engine === 'native' ? connections : 2,
    lock,
    dump: run.engine === 'native' ? undefined : await dumpOptions(run, source, folder),
    head: headOf(run, source),
    overwrite,
    takesGenerated: false,
    progress,
    throttle,
    logger,
    signal,
  };
}

async function dumpOptions(
  run: SnapshotTask,
  source: ServerConnection,
  folder: string,
): Promise<NonNullable<CopyRoundOptions['dump']>> {
  const server = serverOptions(requireSource(run.task));
  const program = await findDumpProgram({
    flavor: source.info.flavor,
    program: run.task.snapshot.program,
    searchPath: envReader('PATH') ?? '',
  });
  run.logger.debug({ program: program.path, version: program.version }, 'Dump program');
  // The authorities to trust, which are no secret: the programs read them from a file only.
  const caPath = server.tlsCa === undefined ? undefined : join(folder, 'ca.pem');
  if (caPath !== undefined) writeFileSync(caPath, server.tlsCa ?? '');
  const context = { end: 'source', signal: run.signal } as const;
  const reach = (host: string) => reachHost(host, server, context);
  return { program, options: { server, caPath }, reach };
}

/** Left out, as `run` leaves them out: each step of one would be a row. */
function withSequences(others: OtherObjects, tables: readonly SourceTable[]): OtherObjects {
  const sequences = tables.filter(({ isSequence }) => isSequence);
  if (sequences.length === 0) return others;
  const names = sequences.map(({ name }) => formatTableName(name));
  return { ...others, leftOut: { ...others.leftOut, sequence: names } };
}

/** Views, then the hand-over: from that commit on the copy is whole and its position is the checkpoint. */
async function finish(
  run: SnapshotTask,
  source: ServerConnection,
  { target, tables, position, seq, schema }: RoundResult,
): Promise<SnapshotResult> {
  try {
    run.progress.phase = 'views';
    const databases = [...new Set(tables.map(({ name }) => name.database))];
    const objects = await copyViews(source, target, { databases, router: routerOf(run.task) });
    const others = withSequences(objects, tables);
    const checkpoint = { seq, position };
    await target.finish(checkpoint, schema);
    run.progress.phase = 'done';
    run.store.replace({ checkpoint, schema }, 'mysql');
    clearSkips(run.store);
    return resultOf(run, position, others);
  } finally {
    await target.close();
  }
}
