import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { getHeapSnapshot } from 'node:v8';
import { redactingStream } from '../../lib/redact-stream.ts';
import { takeCpuProfile } from '../cpu-profile.ts';
import { text, type Call, type Reply } from './reply.ts';

const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 300;

/** One at a time: two profilers would measure each other. */
let isBusy = false;

/** Profiles the process of a task that runs in one of its own; undefined: there is none of that name. */
export type ProfileTask = (task: string, seconds: number) => Promise<string | undefined>;

/** `/debug/profile?seconds=10`: a CPU profile of this process, with `&task=NAME` of that task's. */
export async function answerProfile({ query }: Call, profileTask?: ProfileTask): Promise<Reply> {
  const seconds = Number(query.get('seconds') ?? DEFAULT_SECONDS);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    return text(400, `seconds is a number up to ${MAX_SECONDS}`);
  }
  const task = query.get('task');
  return exclusively(async () => {
    const body =
      task === null || profileTask === undefined
        ? await takeCpuProfile(seconds)
        : await profileTask(task, seconds);
    if (body === undefined) return text(404, `no process of a task "${task ?? ''}" runs`);
    return {
      code: 200,
      type: 'application/json',
      body,
      headers: { 'content-disposition': `attachment; filename="${fileName('cpuprofile')}"` },
    };
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
    // A heap holds every password. Taken first: what looks for them must not be in it.
    const snapshot = getHeapSnapshot();
    await pipeline(snapshot, redactingStream(), response);
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
