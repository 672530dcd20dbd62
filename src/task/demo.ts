import { envReader } from '../config/env.ts';
import { TailraceError } from '../core/errors.ts';
import { sleep } from '../lib/sleep.ts';
import type { ServerConnection } from '../server/connect.ts';
import { ALTER_STATEMENT, CREATE_STATEMENTS } from './demo/demo-tables.ts';
import type { DemoView } from './demo/demo-view.ts';
import { findServerProgram } from './demo/find-server-program.ts';
import { LagProbe } from './demo/lag-probe.ts';
import { Playground, type Stage } from './demo/playground.ts';
import { countRemaining, runInspect, type TableReport } from './inspect.ts';
import { RateMeter } from './rate-meter.ts';
import { Writer, type WorkloadCounters } from './demo/workload.ts';

export type { DemoSample, DemoView } from './demo/demo-view.ts';
export type { TableReport } from './inspect.ts';

export interface DemoOptions {
  /** How long there is load. */
  readonly seconds: number;
  readonly view: DemoView;
  readonly signal: AbortSignal;
}

export interface DemoResult {
  readonly tables: readonly TableReport[];
  readonly isEqual: boolean;
  readonly transactions: number;
  readonly writtenRows: number;
  readonly seconds: number;
  readonly lagMedianMs: number;
  readonly lagMaxMs: number;
}

const WRITERS = 4;
const SAMPLE_MS = 250;
const DOWN_MS = 1000;
const CATCH_UP_TIMEOUT_MS = 60_000;
/** Parts of the time with load. */
const ALTER_AT = 0.3;
const KILL_AT = 0.5;

/** Two servers, load, replication, a crash, a comparison; nothing of it is left, however it ends. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const { view, signal } = options;
  const program = await findServerProgram(envReader);
  const playground = new Playground();
  try {
    view.event(`two ${program.flavor} ${program.version} servers of its own, in ${playground.dir}`);
    const stage = await playground.start(program, signal);
    return await new Demo(options, stage).run();
  } finally {
    view.close();
    await playground.close();
  }
}

class Demo {
  readonly #options: DemoOptions;
  readonly #stage: Stage;
  readonly #counters: WorkloadCounters = { transactions: 0, rows: 0 };
  readonly #written = new RateMeter();
  readonly #applied = new RateMeter();
  readonly #stopLoad = new AbortController();
  readonly #stopWatching = new AbortController();
  #isReplicating = true;
  #startedMs = 0;

  constructor(options: DemoOptions, stage: Stage) {
    this.#options = options;
    this.#stage = stage;
  }

  async run(): Promise<DemoResult> {
    const { signal, view, seconds } = this.#options;
    const { replicator } = this.#stage;
    const source = await this.#stage.connectSource();
    const target = await this.#stage.connectTarget();
    for (const statement of CREATE_STATEMENTS) await source.run(statement);
    view.event('five tables on the source, nothing on the target: they come by replication too');
    replicator.start();
    view.event(`tailrace run started; its page: ${replicator.url}`);
    const probe = await this.#createProbe(target);
    const writers = await this.#createWriters();
    this.#startedMs = performance.now();
    const watching = probe.watch(AbortSignal.any([this.#stopWatching.signal, signal]));
    const load = AbortSignal.any([this.#stopLoad.signal, signal]);
    const writing = Promise.all([probe.write(load), ...writers.map((writer) => writer.run(load))]);
    const work = Promise.all([writing, watching]);
    try {
      await Promise.race([this.#play(source, writers, probe), throwing(work)]);
      this.#stopLoad.abort();
      await writing;
      // Behind everything: when it is there, all is.
      await probe.writeMark();
      view.event('load stopped');
      await Promise.race([this.#catchUp(probe), throwing(work)]);
    } finally {
      this.#stopLoad.abort();
      this.#stopWatching.abort();
      await work.catch(() => undefined);
    }
    await replicator.stop();
    view.close();
    const tables = await this.#compare();
    return {
      tables,
      isEqual: tables.length > 0 && countRemaining(tables) === 0,
      transactions: this.#counters.transactions,
      writtenRows: this.#counters.rows,
      seconds,
      lagMedianMs: probe.medianMs,
      lagMaxMs: probe.maxMs,
    };
  }

  /** As `tailrace inspect` does. */
  async #compare(): Promise<readonly TableReport[]> {
    const { signal } = this.#options;
    const { config } = this.#stage.replicator;
    const results = await runInspect({ config, onProgress: () => undefined, signal });
    return results.flatMap(({ tables }) => tables);
  }

  async #createProbe(target: ServerConnection): Promise<LagProbe> {
    const source = await this.#stage.connectSource();
    return new LagProbe(source, target, () => this.#counters.rows);
  }

  #createWriters(): Promise<readonly Writer[]> {
    return Promise.all(
      Array.from(
        { length: WRITERS },
        async () => new Writer(await this.#stage.connectSource(), this.#counters),
      ),
    );
  }

  /** What happens while there is load. */
  async #play(
    source: ServerConnection,
    writers: readonly Writer[],
    probe: LagProbe,
  ): Promise<void> {
    const { view, seconds, signal } = this.#options;
    const { replicator } = this.#stage;
    await this.#sampleUntil(probe, () => this.#elapsed() >= seconds * ALTER_AT);
    await source.run(ALTER_STATEMENT);
    for (const writer of writers) writer.hasTier = true;
    view.event('ALTER TABLE accounts ADD COLUMN tier …, under load');
    await this.#sampleUntil(probe, () => this.#elapsed() >= seconds * KILL_AT);
    await replicator.kill();
    this.#isReplicating = false;
    view.event('replicator killed (SIGKILL), in the midst of its work');
    const downMs = performance.now() + DOWN_MS;
    await this.#sampleUntil(probe, () => performance.now() >= downMs);
    replicator.start();
    this.#isReplicating = true;
    view.event('replicator started again');
    await this.#sampleUntil(probe, () => this.#elapsed() >= seconds);
    signal.throwIfAborted();
  }

  async #catchUp(probe: LagProbe): Promise<void> {
    const untilMs = performance.now() + CATCH_UP_TIMEOUT_MS;
    await this.#sampleUntil(probe, () => probe.isCaughtUp || performance.now() > untilMs);
    if (probe.isCaughtUp) return;
    throw new TailraceError('INTERNAL_FAULT', 'The target did not catch up within a minute.', {
      next: `What the replicator said at last:\n${this.#stage.replicator.logTail}`,
    });
  }

  async #sampleUntil(probe: LagProbe, condition: () => boolean): Promise<void> {
    const { signal } = this.#options;
    while (!condition()) {
      this.#sample(probe);
      if (this.#isReplicating && this.#stage.replicator.hasEnded) throw this.#endedError();
      await sleep(SAMPLE_MS, signal);
    }
  }

  #sample(probe: LagProbe): void {
    const { view, seconds } = this.#options;
    const applied = probe.appliedRows;
    const { rows } = this.#counters;
    this.#written.sample(Date.now(), rows);
    this.#applied.sample(Date.now(), applied);
    view.sample({
      elapsedSeconds: this.#elapsed(),
      totalSeconds: seconds,
      written: { rows, rowsPerSecond: this.#written.perSecond },
      applied: { rows: applied, rowsPerSecond: this.#applied.perSecond },
      lagMs: probe.currentMs,
      isReplicating: this.#isReplicating,
    });
  }

  #elapsed(): number {
    return (performance.now() - this.#startedMs) / 1000;
  }

  #endedError(): TailraceError {
    return new TailraceError('INTERNAL_FAULT', 'The replicator ended by itself.', {
      next: `What it said at last:\n${this.#stage.replicator.logTail}`,
    });
  }
}

/** Never resolves: only the failure of the promise counts. */
function throwing(promise: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    promise.catch(reject);
  });
}
