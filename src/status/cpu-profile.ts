import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A CPU profile of this process as DevTools and `speedscope` read it. */
export async function takeCpuProfile(seconds: number): Promise<string> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await delay(seconds * 1000);
    const { profile } = await session.post('Profiler.stop');
    return JSON.stringify(profile);
  } finally {
    session.disconnect();
  }
}
