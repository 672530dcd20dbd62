import { readTaskStore, type TaskStore } from '../checkpoint/task-store.ts';
import { serverOptions } from '../config/server-options.ts';
import type { Config, SourceConfig, TargetConfig, TaskConfig } from '../config/schema.ts';
import type { Checkpoint } from '../core/checkpoint.ts';
import { TailraceError } from '../core/errors.ts';
import { connectServer } from '../server/connect.ts';
import { readCheckpoint } from '../sink/mysql/checkpoint-admin.ts';
import { findConfigProblems, findIdleRules } from './check/config-problems.ts';
import { findDifferences } from './check/difference-problems.ts';
import { toFinding, type CheckFinding, type Problem } from './check/finding.ts';
import { checkKafka } from './check/kafka-view.ts';
import { findPollProblems } from './check/poll-problems.ts';
import { findRetentionProblems } from './check/retention-problems.ts';
import { routeTables } from './check/route-tables.ts';
import { findSettingProblems } from './check/setting-problems.ts';
import { findServerIdProblem, viewSource, type SourceView } from './check/source-view.ts';
import { viewTarget, type TargetView } from './check/target-view.ts';
import { resolveOn } from './resolve-on.ts';
import { deriveServerId, loadTasks, routerOf, type TaskSelection } from './task-setup.ts';

export type { CheckFinding } from './check/finding.ts';

export interface CheckOptions extends TaskSelection {
  readonly signal: AbortSignal;
}

/** Looks at all ends of the chosen tasks and changes nothing. Errors first, then in the order of the tasks. */
export async function checkTasks(options: CheckOptions): Promise<readonly CheckFinding[]> {
  const { config, tasks } = loadTasks(options);
  const found = await Promise.all(
    tasks.map((task) => new TaskCheck(config, task, options.signal).run()),
  );
  const rank = { error: 0, warning: 1, note: 2 };
  return found.flat().sort((a, b) => rank[a.severity] - rank[b.severity]);
}

/**
 * The check of one task. An end that cannot be reached or refuses us is a finding, and what can be
 * asked without it is asked nevertheless.
 */
class TaskCheck {
  readonly #config: Config;
  readonly #task: TaskConfig;
  readonly #signal: AbortSignal;
  readonly #findings: CheckFinding[] = [];

  constructor(config: Config, task: TaskConfig, signal: AbortSignal) {
    this.#config = config;
    this.#task = task;
    this.#signal = signal;
  }

  async run(): Promise<readonly CheckFinding[]> {
    const { source, target } = this.#task;
    this.#add('config', findConfigProblems(this.#task));
    const stored = target && (await this.#ask('target', () => this.#storedCheckpoint(target)));
    const checkpoint = stored ?? this.#keptCheckpoint();
    const view = source && (await this.#ask('source', () => this.#viewSource(source, checkpoint)));
    const mustExist = checkpoint === undefined && source?.start?.kind === 'now';
    const targetView = target && (await this.#viewTarget(target, view, mustExist));
    if (view !== undefined) this.#compare(view, targetView);
    await this.#viewKafka(view);
    return this.#findings;
  }

  #add(end: CheckFinding['end'], problems: readonly Problem[]): void {
    for (const problem of problems) {
      const finding = toFinding(this.#task.name, end, problem);
      const isKnown = this.#findings.some(
        (one) => one.end === end && one.code === finding.code && one.finding === finding.finding,
      );
      if (!isKnown) this.#findings.push(finding);
    }
  }

  /** What an end refuses by an error of ours is a finding; undefined then. */
  async #ask<T>(end: CheckFinding['end'], work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (thrown) {
      this.#signal.throwIfAborted();
      if (!(thrown instanceof TailraceError) || thrown.code === 'INTERNAL_FAULT') throw thrown;
      this.#add(end, [refusal(thrown)]);
      return undefined;
    }
  }

  async #storedCheckpoint(target: TargetConfig): Promise<Checkpoint | undefined> {
    const { name } = this.#task;
    const { stateDatabase } = target;
    const admin = { task: name, server: serverOptions(target), stateDatabase };
    return (await readCheckpoint(admin, this.#signal))?.checkpoint;
  }

  #keptCheckpoint(): Checkpoint | undefined {
    return this.#readStore((store) => store.load('mysql')?.checkpoint);
  }

  #readStore<T>(read: (store: TaskStore) => T): T | undefined {
    const store = readTaskStore({ stateDir: this.#config.stateDir, task: this.#task.name });
    try {
      return store === undefined ? undefined : read(store);
    } finally {
      store?.close();
    }
  }

  async #viewSource(source: SourceConfig, checkpoint: Checkpoint | undefined): Promise<SourceView> {
    const connection = await connectServer(serverOptions(source), 'source', {
      signal: this.#signal,
    });
    try {
      const { strategies } = this.#task;
      const readsBinlog = strategies.includes('stream');
      const view = await viewSource(connection, routerOf(this.#task));
      this.#add('config', findIdleRules(this.#task, view.schema.tables));
      if (strategies.includes('poll')) {
        this.#add('source', await findPollProblems(connection, this.#task, view.schema));
      }
      if (!readsBinlog) return { ...view, problems: [] };
      this.#add('source', view.problems);
      if (checkpoint !== undefined && checkpoint.position.kind !== 'kafka') {
        const runAtMs = this.#readStore((store) => store.loadStatus()?.savedAtMs);
        this.#add('source', await findRetentionProblems(connection, { checkpoint, runAtMs }));
      }
      const position = checkpoint?.position;
      const request = position?.kind === 'kafka' ? source.start : (position ?? source.start);
      if (request === undefined) {
        this.#addStartRequired();
      } else if (!view.problems.some(({ severity }) => severity === 'error')) {
        await this.#ask('source', () => resolveOn(source, request, this.#signal));
      }
      return view;
    } finally {
      await connection.close();
    }
  }

  #addStartRequired(): void {
    const finding = 'there is no checkpoint and no start: set task.source.start, for example "now"';
    this.#add('config', [{ severity: 'error', code: 'START_REQUIRED', finding }]);
  }

  #route(view: SourceView): ReturnType<typeof routeTables>['routed'] {
    const { routed, problems } = routeTables(view.schema.tables, routerOf(this.#task));
    this.#add('config', problems);
    return routed;
  }

  async #viewTarget(
    target: TargetConfig,
    source: SourceView | undefined,
    mustExist: boolean,
  ): Promise<TargetView | undefined> {
    const tables = source && this.#route(source);
    const signal = this.#signal;
    const view = await this.#ask('target', () =>
      viewTarget({
        task: this.#task,
        target,
        tables,
        mustExist,
        sourceZone: source?.settings.timeZone,
        signal,
      }),
    );
    this.#add('target', view?.problems ?? []);
    return view;
  }

  async #viewKafka(source: SourceView | undefined): Promise<void> {
    const { kafka } = this.#task;
    if (kafka === undefined) return;
    const tables = source && this.#route(source);
    const about = { task: this.#task, kafka, tables, signal: this.#signal };
    this.#add('kafka', (await this.#ask('kafka', () => checkKafka(about))) ?? []);
  }

  #compare(source: SourceView, target: TargetView | undefined): void {
    const serverId = this.#serverId();
    const isRunning = target?.isTaskRunning === true;
    if (this.#task.strategies.includes('stream')) {
      this.#add('source', findServerIdProblem(source, { serverId, isRunning }));
    }
    if (target === undefined || this.#task.target === undefined) return;
    const { ddl } = this.#task.target;
    const router = routerOf(this.#task);
    const problems = [
      ...findDifferences(source, target, { ddl }),
      ...findSettingProblems({
        source: source.settings,
        target: target.settings,
        collations: target.collations,
        isZoneKnown: target.isZoneKnown,
        targetDatabase: (database) => router.targetDatabase(database),
        ddl,
      }),
    ];
    for (const problem of problems) this.#add(problem.end, [problem]);
  }

  /** That of the next run: configured, kept from an earlier one, or derived. */
  #serverId(): number {
    const { name, source } = this.#task;
    if (source !== undefined && source.serverId !== 0) return source.serverId;
    const kept = this.#readStore((store) => store.readMeta('server_id'));
    return kept === undefined ? deriveServerId(name, this.#config.stateDir) : Number(kept);
  }
}

function refusal({ code, message, next, place }: TailraceError): Problem {
  const host = place.host === undefined ? '' : `${place.host}: `;
  return { severity: 'error', code, finding: `${host}${message}. ${next}` };
}
