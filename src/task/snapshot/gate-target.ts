import type { TaskConfig } from '../../config/schema.ts';
import { requireSource, requireTarget, serverOptions } from '../../config/server-options.ts';
import type { Position } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import type { Logger } from '../../lib/logger.ts';
import { connectServer } from '../../server/connect.ts';
import { AddedTables } from '../../sink/mysql/copy/added-tables.ts';
import { openCopyTargetBeside } from '../../sink/mysql/copy/mysql-copy-target.ts';
import type { MysqlSink } from '../../sink/mysql/mysql-sink.ts';
import { CopyGate } from '../../snapshot/adding/copy-gate.ts';
import { TableAdder } from '../../snapshot/adding/table-adder.ts';
import { CopyProgress } from '../../snapshot/progress.ts';
import { SourceThrottle } from '../../snapshot/source-throttle.ts';
import type { SourceDescription } from '../../source/binlog/describe-source.ts';
import { readHead } from '../../source/binlog/read-head.ts';
import { copyStatus } from './show-progress.ts';
import type { CountingSink, TaskBoard } from '../task-board.ts';

/** What the adding of tables needs to know of the stream. */
export interface AddingHooks {
  readonly isIdleAt: (position: Position) => boolean;
  /** The host that is read. */
  readonly sourceHost: () => string | undefined;
  /** Nothing is left to be added. */
  readonly onIdle?: (() => void) | undefined;
}

export interface GateOptions {
  readonly task: TaskConfig;
  readonly router: Router;
  readonly board: TaskBoard;
  readonly logger: Logger;
  readonly source: SourceDescription;
  readonly adding: AddingHooks;
}

/** The sink of a running task, to which tables can be added. */
export function gateTarget(sink: MysqlSink, options: GateOptions): CountingSink {
  const progress = new CopyProgress();
  const adder = createAdder(sink, progress, options);
  return withCounters(new CopyGate(sink, adder), sink);
}

/** The sink of a copy between its rounds: some tables are there in part. */
export function applyByKey(sink: MysqlSink, keys: ReadonlySet<string>): CountingSink {
  const gate = new CopyGate(sink, {
    begin: () => Promise.resolve(),
    end: () => Promise.resolve(),
  });
  for (const key of keys) gate.setMode(key, { kind: 'by-key' });
  return withCounters(gate, sink);
}

function withCounters(gate: CopyGate, { counters, timings }: MysqlSink): CountingSink {
  return Object.assign(gate, { counters, timings });
}

function createAdder(sink: MysqlSink, progress: CopyProgress, options: GateOptions): TableAdder {
  const { task, router, board, logger, source: description, adding } = options;
  const source = requireSource(task);
  const target = requireTarget(task);
  const { connections, lock, maxThreadsRunning, maxLagSeconds } = task.snapshot;
  const admin = {
    task: task.name,
    server: serverOptions(target),
    stateDatabase: target.stateDatabase,
  };
  const connect = () => {
    const host = adding.sourceHost();
    const server = serverOptions(source);
    return connectServer(host === undefined ? server : { ...server, hosts: [host] }, 'source');
  };
  const tell = (): void => {
    const { tables, tablesDone } = progress.totals;
    board.snapshot = copyStatus(progress, tablesDone === tables ? 'done' : 'running');
  };
  const onReason = (reason: string | undefined): void => {
    progress.waitsFor = reason;
    tell();
  };
  const limits = { maxThreadsRunning, maxLagSeconds };
  return new TableAdder({
    connect,
    readHead,
    isIdleAt: adding.isIdleAt,
    router,
    lock,
    throttle: new SourceThrottle(limits, connect, onReason, logger),
    progress,
    logger,
    openRecords: (signal) => {
      const server = { ...admin.server, hosts: [sink.owned.host] };
      return AddedTables.open({ ...admin, server }, signal);
    },
    openTarget: (signal) =>
      openCopyTargetBeside(
        sink.owned,
        {
          ...admin,
          sqlLogBin: target.sqlLogBin,
          allowNontransactional: target.allowNontransactional,
          router,
          writers: connections,
          source: description,
        },
        signal,
      ),
    onIdle: () => adding.onIdle?.(),
    onProgress: tell,
  });
}
