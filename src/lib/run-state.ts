import { systemClock, type Clock } from './clock.ts';

export const RUN_STATES = [
  'starting',
  'standby',
  'streaming',
  'polling',
  'inspecting',
  'retrying',
  'paused',
  'stopped',
  'failed',
] as const;
export type RunStateKind = (typeof RUN_STATES)[number];

/** What a task does that is well; without a stream it polls, or compares only. */
export const WORKING = ['streaming', 'polling', 'inspecting'] as const satisfies RunStateKind[];

export function isWorking(kind: RunStateKind): boolean {
  return WORKING.some((one) => one === kind);
}

export interface RunState {
  readonly kind: RunStateKind;
  /** Since when, milliseconds since 1970. */
  readonly sinceMs: number;
  /** What it retries after, or failed by. */
  readonly error: Error | undefined;
}

/** From where one may go where. `failed` is left by a resume after the cause is mended. */
const NEXT: Readonly<Record<RunStateKind, readonly RunStateKind[]>> = {
  starting: ['standby', ...WORKING, 'retrying', 'paused', 'stopped', 'failed'],
  standby: ['starting', ...WORKING, 'retrying', 'stopped', 'failed'],
  streaming: ['retrying', 'paused', 'stopped', 'failed'],
  polling: ['retrying', 'paused', 'stopped', 'failed'],
  inspecting: ['paused', 'stopped', 'failed'],
  retrying: ['starting', 'standby', ...WORKING, 'retrying', 'paused', 'stopped', 'failed'],
  paused: ['starting', 'stopped', 'failed'],
  stopped: [],
  failed: ['starting', 'stopped'],
};

/** What a task is doing, for status, health and metrics. It decides nothing; it refuses what can't be. */
export class RunStateMachine {
  readonly #clock: Clock;
  readonly #listeners = new Set<(state: RunState) => void>();
  #state: RunState;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#state = { kind: 'starting', sinceMs: clock.nowMs(), error: undefined };
  }

  get current(): RunState {
    return this.#state;
  }

  /** Going where one is already keeps `sinceMs`; a retry with another error is a new state. */
  to(kind: RunStateKind, error?: Error): void {
    const from = this.#state.kind;
    if (from === kind && kind !== 'retrying') return;
    if (!NEXT[from].includes(kind)) throw new Error(`a task that is ${from} can't be ${kind}`);
    this.#state = { kind, sinceMs: this.#clock.nowMs(), error };
    for (const listener of this.#listeners) listener(this.#state);
  }

  /** Returns a function that ends it. */
  onChange(listener: (state: RunState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
