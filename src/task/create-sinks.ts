import type { TaskStore } from '../checkpoint/task-store.ts';
import { requireKafka, requireTarget, serverOptions } from '../config/server-options.ts';
import type { KafkaConfig, TaskConfig } from '../config/schema.ts';
import type { Router } from '../core/route.ts';
import type { Sink } from '../core/sink.ts';
import { limitHeapGrowth } from '../lib/limit-heap-growth.ts';
import type { Logger } from '../lib/logger.ts';
import type { Ownership } from '../sink/kafka/kafka-sink-options.ts';
import { KafkaSink } from '../sink/kafka/kafka-sink.ts';
import { SideMark } from '../sink/mysql/side-mark.ts';
import { createMysqlSink } from '../sink/mysql/mysql-sink.ts';
import type { SourceDescription } from '../source/binlog/describe-source.ts';
import { kafkaSinkOptions } from './kafka-setup.ts';
import { MEMORY } from './memory.ts';
import { applyByKey, gateTarget, type AddingHooks } from './snapshot/gate-target.ts';
import { rememberTarget } from './remembered-servers.ts';
import type { TaskBoard } from './task-board.ts';

export interface SinkParts {
  readonly task: TaskConfig;
  readonly mode: 'run' | 'produce';
  readonly store: TaskStore;
  readonly router: Router;
  readonly board: TaskBoard;
  readonly logger: Logger;
  /** A copy streams between its rounds: to the target alone. */
  readonly copying?: { readonly byKey: ReadonlySet<string> } | undefined;
  /** A standby waits for the task's lock as long as another process has it. */
  readonly waitsForLock: boolean;
  readonly onWaitForLock: (owner: string) => void;
  /** Tables can be added while it runs; absent: not to this one. */
  readonly adding?: AddingHooks | undefined;
}

/** Makes the sinks of a task anew for each attempt. Throws at once when the file lacks what the mode needs. */
export function sinkFactory(parts: SinkParts): (source: SourceDescription) => readonly Sink[] {
  const { task, mode } = parts;
  limitHeapGrowth(MEMORY.heapGrowthPercent);
  const ownership: Ownership = { isTaken: false };
  if (mode === 'produce') {
    const kafka = requireKafka(task);
    return () => [kafkaSink(parts, kafka, ownership)];
  }
  requireTarget(task);
  const kafka = parts.copying === undefined ? task.kafka : undefined;
  return (source) =>
    kafka === undefined
      ? [targetSink(parts, source)]
      : [targetSink(parts, source), kafkaSink(parts, kafka, ownership)];
}

function targetSink(parts: SinkParts, source: SourceDescription): Sink {
  const { task, store, router, board, logger, copying } = parts;
  const target = requireTarget(task);
  const sink = createMysqlSink({
    task: task.name,
    server: serverOptions(target),
    stateDatabase: target.stateDatabase,
    onConflict: target.onConflict,
    isCopying: copying !== undefined,
    apply: target.apply,
    lanes: target.lanes,
    sqlLogBin: target.sqlLogBin,
    allowNontransactional: target.allowNontransactional,
    ddl: target.ddl,
    router,
    logger,
    source,
    memory: rememberTarget(store),
    deadLetters: store,
    waitsForLock: parts.waitsForLock,
    onWaitForLock: parts.onWaitForLock,
    onDdlSkipped: (reason) => {
      board.countDdlSkipped(reason);
    },
  });
  const { adding } = parts;
  if (copying !== undefined) return applyByKey(sink, copying.byKey);
  if (adding === undefined) return sink;
  return gateTarget(sink, { task, router, board, logger, source, adding });
}

function kafkaSink(parts: SinkParts, kafka: KafkaConfig, ownership: Ownership): Sink {
  const { task, store, router, logger } = parts;
  const markCopy = parts.mode === 'run' ? markAtTarget(parts) : undefined;
  return new KafkaSink(
    kafkaSinkOptions({ task, kafka, router, logger, deadLetters: store, ownership, markCopy }),
  );
}

function markAtTarget({ task, logger }: SinkParts): SideMark {
  const target = requireTarget(task);
  const { stateDatabase, sqlLogBin } = target;
  const server = serverOptions(target);
  return new SideMark({ task: task.name, sink: 'kafka', server, stateDatabase, sqlLogBin, logger });
}
