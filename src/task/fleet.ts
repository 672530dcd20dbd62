import { createDeferred } from '../lib/deferred.ts';
import type { Logger } from '../lib/logger.ts';
import { toTailraceError } from '../core/errors.ts';
import { redactSecrets } from '../lib/secrets.ts';
import type { RunStateKind } from '../lib/run-state.ts';
import type { ControlOutcome, TaskControls } from '../status/http/control-route.ts';
import type { TaskHistory, TaskStatus } from '../status/task-status.ts';
import { skipTransaction } from './position-admin.ts';

/** One task, wherever it runs, as those see it who look after all of them. */
export interface FleetMember {
  readonly name: string;
  readonly state: RunStateKind;
  readonly history: TaskHistory;
  status(): TaskStatus;
  pause(): Promise<ControlOutcome>;
  resume(): Promise<ControlOutcome>;
  /** Resolves with the next `resume`. */
  untilResumed(signal: AbortSignal): Promise<void>;
  /** Told before it is run again. */
  begin(): void;
}

interface FleetOptions {
  /** The configuration file, for what is read anew. */
  readonly config: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Runs a task once; gives its exit code. */
export type RunMember<M extends FleetMember> = (member: M, isFirst: boolean) => Promise<number>;

/**
 * The tasks of one command. One that is refused waits for a `resume` as long as another still works; the
 * process ends when none does, with the code of the first that was refused and stayed so.
 */
export class Fleet<M extends FleetMember = FleetMember> implements TaskControls {
  readonly #options: FleetOptions;
  readonly members: readonly M[];
  readonly #allEnded = new AbortController();
  #active = 0;

  constructor(members: readonly M[], options: FleetOptions) {
    this.#options = options;
    this.members = members;
  }

  async run(runOne: RunMember<M>): Promise<number> {
    const codes: { readonly code: number; readonly order: number }[] = [];
    let order = 0;
    this.#active = this.members.length;
    const runs = this.members.map(async (member) => {
      let code = await runOne(member, true);
      let failedAs = ++order;
      while (code !== 0 && (await this.#waitMended(member))) {
        this.#active += 1;
        member.begin();
        code = await runOne(member, false);
        failedAs = ++order;
      }
      if (code === 0) this.#leave();
      codes.push({ code, order: failedAs });
    });
    await Promise.all(runs);
    const [first] = codes.filter(({ code }) => code !== 0).sort((a, b) => a.order - b.order);
    return first?.code ?? 0;
  }

  pause(name: string): Promise<ControlOutcome> {
    return this.#with(name, (member) => member.pause());
  }

  resume(name: string): Promise<ControlOutcome> {
    return this.#with(name, (member) => member.resume());
  }

  skip(name: string, reason: string): Promise<ControlOutcome> {
    return this.#with(name, async (member) => {
      const { state } = member;
      if (state !== 'failed') {
        return { kind: 'refused', why: `the task is ${state}: nothing has stopped it` };
      }
      const { config, signal } = this.#options;
      try {
        const [report] = await skipTransaction({ config, task: [name], reason, signal });
        await member.resume();
        return { kind: 'done', note: report?.note ?? '' };
      } catch (thrown) {
        const { code, message } = toTailraceError(thrown);
        return { kind: 'refused', why: `${code}: ${redactSecrets(message)}` };
      }
    });
  }

  async #with(name: string, act: (member: M) => Promise<ControlOutcome>): Promise<ControlOutcome> {
    const member = this.members.find((one) => one.name === name);
    if (member === undefined) return { kind: 'unknown-task' };
    const outcome = await act(member);
    const note = outcome.kind === 'done' ? outcome.note : 'refused';
    this.#options.logger.info({ task: name, note }, 'Asked over HTTP');
    return outcome;
  }

  /** False: nobody is left who could mend it. */
  async #waitMended(member: M): Promise<boolean> {
    const mended = createDeferred<boolean>();
    const signal = AbortSignal.any([this.#options.signal, this.#allEnded.signal]);
    void member.untilResumed(signal).then(
      () => {
        mended.resolve(true);
      },
      () => {
        mended.resolve(false);
      },
    );
    this.#leave();
    return mended.promise;
  }

  #leave(): void {
    this.#active -= 1;
    if (this.#active === 0) this.#allEnded.abort(new Error('every task has ended'));
  }
}
