import type { ServerResponse } from 'node:http';
import { takeCpuProfile } from '../cpu-profile.ts';
import { sendHeapFile, sendHeapTo } from '../heap-snapshot.ts';
import { text, type Call, type Reply } from './reply.ts';

const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 300;

/** One at a time: two profilers would measure each other. */
let isBusy = false;

/** Asks the process of a task that runs in one of its own; undefined: there is none of that name. */
export interface TaskDebugger {
  profile(task: string, seconds: number): Promise<string | undefined>;
  /** The path of a file with its heap. */
  heap(task: string): Promise<string | undefined>;
}

/** `/debug/profile?seconds=10`: a CPU profile of this process, with `&task=NAME` of that task's. */
export async function answerProfile({ query }: Call, debug?: TaskDebugger): Promise<Reply> {
  const seconds = Number(query.get('seconds') ?? DEFAULT_SECONDS);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    return text(400, `seconds is a number up to ${MAX_SECONDS}`);
  }
  const task = query.get('task');
  return exclusively(async () => {
    const body =
      task === null || debug === undefined
        ? await takeCpuProfile(seconds)
        : await debug.profile(task, seconds);
    if (body === undefined) return noProcess(task);
    return {
      code: 200,
      type: 'application/json',
      body,
      headers: { 'content-disposition': `attachment; filename="${fileName('cpuprofile')}"` },
    };
  });
}

/** `/debug/heap`: a heap snapshot of this process, with `?task=NAME` of that task's. */
export async function sendHeap(
  { query }: Call,
  response: ServerResponse,
  debug?: TaskDebugger,
): Promise<Reply | undefined> {
  if (isBusy) return text(409, 'another profile is being taken');
  isBusy = true;
  try {
    const task = debug === undefined ? null : query.get('task');
    const path = task === null ? undefined : await debug?.heap(task);
    if (task !== null && path === undefined) return noProcess(task);
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-disposition': `attachment; filename="${fileName('heapsnapshot')}"`,
      'cache-control': 'no-store',
    });
    await (path === undefined ? sendHeapTo(response) : sendHeapFile(path, response));
    return undefined;
  } finally {
    isBusy = false;
  }
}

function noProcess(task: string | null): Reply {
  return text(404, `no process of a task "${task ?? ''}" runs`);
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
