import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the condition holds, looking every few milliseconds; fails by name after `timeoutMs`. */
export async function waitFor(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const until = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > until) throw new Error(`timed out waiting for: ${what}`);
    await delay(20);
  }
}
