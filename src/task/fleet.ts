import { createDeferred } from '../lib/deferred.ts';
import type { Logger } from '../lib/logger.ts';
import { toTailraceError } from '../core/errors.ts';
import { redactSecrets } from '../lib/secrets.ts';
import type { ControlOutcome, TaskControls } from '../status/http/control-route.ts';
import { skipTransaction } from './position-admin.ts';
import { TaskBoard } from './task-board.ts';
import { TaskControl } from './task-control.ts';

export interface FleetMember {
  readonly name: string;
  readonly board: TaskBoard;
  readonly control: TaskControl;
}

interface FleetOptions {
  /** The configuration file, for what is read anew. */
  readonly config: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Runs a task once; gives its exit code. */
export type RunMember = (member: FleetMember, isFirst: boolean) => Promise<number>;

/**
 * The tasks of this process. One that is refused waits for a `resume` as long as another still works; the
 * process ends when none does, with the code of the first that was refused and stayed so.
 */
export class Fleet implements TaskControls {
  readonly #options: FleetOptions;
  readonly #members: readonly FleetMember[];
  readonly #allEnded = new AbortController();
  #active = 0;

  constructor(names: readonly string[], options: FleetOptions) {
    this.#options = options;
    this.#members = names.map((name) => ({
      name,
      board: new TaskBoard(name),
      control: new TaskControl(),
    }));
  }

  get boards(): readonly TaskBoard[] {
    return this.#members.map(({ board }) => board);
  }

  async run(runOne: RunMember): Promise<number> {
    const codes: { readonly code: number; readonly order: number }[] = [];
    let order = 0;
    this.#active = this.#members.length;
    const runs = this.#members.map(async (member) => {
      let code = await runOne(member, true);
      let failedAs = ++order;
      while (code !== 0 && (await this.#waitMended(member))) {
        this.#active += 1;
        member.board.begin();
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
    return this.#with(name, (member) => {
      const { state } = member.board;
      if (state === 'failed' || state === 'stopped') {
        return { kind: 'refused', why: `the task is ${state}` };
      }
      member.control.pause();
      return { kind: 'done', note: 'what is under way is finished or rolled back, then it waits' };
    });
  }

  resume(name: string): Promise<ControlOutcome> {
    return this.#with(name, (member) => {
      const { state } = member.board;
      if (state !== 'failed' && !member.control.isPaused) {
        return { kind: 'refused', why: `the task is ${state}, not paused` };
      }
      member.control.resume();
      return { kind: 'done', note: 'it goes on from its checkpoint' };
    });
  }

  skip(name: string, reason: string): Promise<ControlOutcome> {
    return this.#with(name, async (member) => {
      if (member.board.state !== 'failed') {
        return {
          kind: 'refused',
          why: `the task is ${member.board.state}: nothing has stopped it`,
        };
      }
      const { config, signal } = this.#options;
      try {
        const [report] = await skipTransaction({ config, task: [name], reason, signal });
        member.control.resume();
        return { kind: 'done', note: report?.note ?? '' };
      } catch (thrown) {
        const { code, message } = toTailraceError(thrown);
        return { kind: 'refused', why: `${code}: ${redactSecrets(message)}` };
      }
    });
  }

  async #with(
    name: string,
    act: (member: FleetMember) => ControlOutcome | Promise<ControlOutcome>,
  ): Promise<ControlOutcome> {
    const member = this.#members.find((one) => one.name === name);
    if (member === undefined) return { kind: 'unknown-task' };
    const outcome = await act(member);
    const note = outcome.kind === 'done' ? outcome.note : 'refused';
    this.#options.logger.info({ task: name, note }, 'Asked over HTTP');
    return outcome;
  }

  /** False: nobody is left who could mend it. */
  async #waitMended({ control }: FleetMember): Promise<boolean> {
    const mended = createDeferred<boolean>();
    const signal = AbortSignal.any([this.#options.signal, this.#allEnded.signal]);
    void control.untilResumed(signal).then(
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
