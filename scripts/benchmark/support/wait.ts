import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly what: string;
  readonly timeoutMs: number;
  readonly everyMs: number;
}

/** Asks again until the answer is something. */
export async function waitFor<T>(
  ask: () => Promise<T | undefined>,
  options: WaitOptions,
): Promise<T> {
  const until = performance.now() + options.timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > until) {
      throw new Error(`${options.what}: not within ${options.timeoutMs / 1000} s`);
    }
    await delay(options.everyMs);
  }
}
