import type { Config, TaskConfig } from '../../config/schema.ts';
import type { KnownDifference } from '../../checkpoint/inspection-store.ts';
import { toTailraceError } from '../../core/errors.ts';
import { remaining, type TableReport } from '../../inspect/inspection-report.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { sleep } from '../../lib/sleep.ts';
import { isStop } from '../retry-forever.ts';
import type { TaskBoard } from '../task-board.ts';
import { inspectTask } from './inspect-task.ts';
import { alarmMessage, raiseAlarm } from './raise-alarm.ts';

export interface RoundsOptions {
  readonly config: Config;
  readonly task: TaskConfig;
  readonly board: TaskBoard;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Rounds of inspection beside a running task, until the signal. A round that fails is tried at its next turn. */
export async function runRounds(options: RoundsOptions): Promise<void> {
  const { task, signal } = options;
  const { everySeconds, quickEverySeconds } = task.inspect;
  const stepMs =
    1000 * (quickEverySeconds === 0 ? everySeconds : Math.min(quickEverySeconds, everySeconds));
  let nextFullMs = systemClock.monotonicMs() + everySeconds * 1000;
  try {
    for (;;) {
      await sleep(stepMs, signal);
      const nowMs = systemClock.monotonicMs();
      const isFull = nowMs >= nextFullMs;
      if (isFull) nextFullMs = nowMs + everySeconds * 1000;
      await round(options, isFull);
    }
  } catch (thrown) {
    if (!isStop(thrown, signal)) throw thrown;
  }
}

async function round(options: RoundsOptions, isFull: boolean): Promise<void> {
  const { config, task, board, logger, signal } = options;
  const { alarmAfter, repair } = task.inspect;
  try {
    const { tables, outcome } = await inspectTask({
      config,
      task,
      tables: undefined,
      where: undefined,
      sample: 1,
      repair,
      onStatement: undefined,
      restart: false,
      mode: isFull ? { kind: 'round', alarmAfter } : { kind: 'quick', alarmAfter },
      onProgress: () => undefined,
      logger,
      signal,
    });
    const { known = [], alarms = [], resolved = [] } = outcome ?? {};
    note(options, tables, known.filter(({ isAlarmed }) => isAlarmed).length);
    await tell(options, 'alarm', alarms);
    await tell(options, 'resolved', resolved);
  } catch (thrown) {
    if (isStop(thrown, signal)) throw thrown;
    logger.warn({ error: toTailraceError(thrown) }, 'A round of the inspection failed');
    const before = board.inspection ?? NO_ROUNDS;
    board.inspection = { ...before, failedRounds: before.failedRounds + 1 };
  }
}

async function tell(
  { task, logger, signal }: RoundsOptions,
  state: 'alarm' | 'resolved',
  differences: readonly KnownDifference[],
): Promise<void> {
  if (differences.length === 0) return;
  const message = alarmMessage(task.name, state, differences);
  const fields = { ...message, count: differences.length };
  if (state === 'resolved') logger.info(fields, 'Differences of an alarm are gone');
  else logger.error(fields, 'Source and target differ, and it stays so: run tailrace inspect');
  const { webhook, onAlarm } = task.inspect;
  await raiseAlarm(message, { webhook: webhook?.reveal(), command: onAlarm, logger, signal });
}

const NO_ROUNDS = {
  rounds: 0,
  failedRounds: 0,
  lastRoundAt: null,
  rowsCompared: 0,
  differences: 0,
  alarms: 0,
  differing: [],
};

function note(
  { board, logger }: RoundsOptions,
  tables: readonly TableReport[],
  alarms: number,
): void {
  const before = board.inspection ?? NO_ROUNDS;
  const differing = tables
    .map((table) => ({ table: table.table, differences: remaining(table) }))
    .filter(({ differences }) => differences > 0);
  const rowsCompared = tables.reduce((sum, { rows }) => sum + rows, 0);
  const differences = differing.reduce((sum, one) => sum + one.differences, 0);
  board.inspection = {
    ...before,
    rounds: before.rounds + 1,
    lastRoundAt: new Date().toISOString(),
    rowsCompared,
    differences,
    alarms,
    differing,
  };
  if (differences > 0) logger.warn({ differences, differing }, 'Source and target differ');
}
