import type { ServerResponse } from 'node:http';
import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { pipeline } from 'node:stream/promises';
import { getHeapSnapshot } from 'node:v8';
import { text, type Call, type Reply } from './reply.ts';

const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 300;

/** One at a time: two profilers would measure each other. */
let isBusy = false;

/** `/debug/profile?seconds=10`: a CPU profile as DevTools and `speedscope` read it. */
export async function answerProfile({ query }: Call): Promise<Reply> {
  const seconds = Number(query.get('seconds') ?? DEFAULT_SECONDS);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    return text(400, `seconds is a number up to ${MAX_SECONDS}`);
  }
  return exclusively(async () => {
    const session = new Session();
    session.connect();
    try {
      await session.post('Profiler.enable');
      await session.post('Profiler.start');
      await delay(seconds * 1000);
      const { profile } = await session.post('Profiler.stop');
      return {
        code: 200,
        type: 'application/json',
        body: JSON.stringify(profile),
        headers: { 'content-disposition': `attachment; filename="${fileName('cpuprofile')}"` },
      };
    } finally {
      session.disconnect();
    }
  });
}

/** `/debug/heap`: a heap snapshot. The process stands still for it and needs its heap twice over. */
export async function sendHeap(response: ServerResponse): Promise<Reply | undefined> {
  if (isBusy) return text(409, 'another profile is being taken');
  isBusy = true;
  try {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${fileName('heapsnapshot')}"`,
      'cache-control': 'no-store',
    });
    await pipeline(getHeapSnapshot(), response);
    return undefined;
  } finally {
    isBusy = false;
  }
}

async function exclusively(work: () => Promise<Reply>): Promise<Reply> {
  if (isBusy) return text(409, 'another profile is being taken');
  isBusy = true;
  try {
    return await work();
  } finally {
    isBusy = false;
  }
}

function fileName(extension: string): string {
  return `tailrace-${process.pid}-${Date.now()}.${extension}`;
}
