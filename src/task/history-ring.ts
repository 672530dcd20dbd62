import type { TaskHistory } from '../status/task-status.ts';

const STEP_MS = 10_000;
const KEPT_MS = 3_600_000;

interface Figures {
  readonly lagSeconds: number | null;
  readonly rowsPerSecond: number;
  readonly transactionsPerSecond: number;
}

/** The last hour, one sample for every ten seconds in which somebody looked; the process looks every second. */
export class HistoryRing {
  readonly #samples: TaskHistory['samples'][number][] = [];
  #worstLag: number | null = null;

  add(atMs: number, { lagSeconds, rowsPerSecond, transactionsPerSecond }: Figures): void {
    // A short peak must not fall between two samples.
    if (lagSeconds !== null) this.#worstLag = Math.max(this.#worstLag ?? 0, lagSeconds);
    const lastMs = this.#samples.at(-1)?.[0];
    if (lastMs !== undefined && atMs - lastMs < STEP_MS) return;
    this.#samples.push([atMs, this.#worstLag, rowsPerSecond, transactionsPerSecond]);
    this.#worstLag = null;
    while (atMs - (this.#samples[0]?.[0] ?? atMs) > KEPT_MS) this.#samples.shift();
  }

  read(): Omit<TaskHistory, 'name'> {
    return { stepSeconds: STEP_MS / 1000, samples: [...this.#samples] };
  }
}
