import { takeCpuProfile } from '../../status/cpu-profile.ts';
import { writeHeap } from '../../status/heap-snapshot.ts';
import type { Fleet } from '../fleet.ts';
import type { LocalTask } from '../local-task.ts';
import type { SupervisorMessage, TaskMessage } from './messages.ts';

const STATUS_INTERVAL_MS = 1000;

/** The line from the process of a task to its supervisor. */
export interface UpLink {
  /** Aborted when the supervisor is gone: nobody would show or stop this task. */
  readonly signal: AbortSignal;
  ended(exitCode: number): Promise<void>;
}

/** Tells the supervisor once a second what the one task here is doing, and does what it asks. */
export function reportUp(fleet: Fleet<LocalTask>): UpLink {
  const [task] = fleet.members;
  if (task === undefined || process.send === undefined) throw new Error('there is nobody above');
  const gone = new AbortController();
  const timer = setInterval(() => {
    void send({ kind: 'status', status: task.status(), history: task.history });
  }, STATUS_INTERVAL_MS);
  process.on('disconnect', () => {
    gone.abort(new Error('the supervisor is gone'));
  });
  process.on('message', (message) => {
    void obey(message as SupervisorMessage, fleet, task.name);
  });
  return {
    signal: gone.signal,
    ended: async (exitCode) => {
      clearInterval(timer);
      await send({ kind: 'ended', exitCode, status: task.status() });
      process.removeAllListeners('disconnect');
      process.disconnect();
    },
  };
}

async function obey(
  message: SupervisorMessage,
  fleet: Fleet<LocalTask>,
  task: string,
): Promise<void> {
  const { id } = message;
  switch (message.kind) {
    case 'control':
      await send({ kind: 'outcome', id, outcome: await fleet[message.action](task) });
      return;
    case 'profile':
      await send({ kind: 'profile', id, json: await takeCpuProfile(message.seconds) });
      return;
    case 'heap':
      await send({ kind: 'heap', id, path: await writeHeap() });
  }
}

/** A supervisor that is gone hears nothing; the disconnect says so. */
function send(message: TaskMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else {
      process.send(message, undefined, undefined, () => {
        resolve();
      });
    }
  });
}
