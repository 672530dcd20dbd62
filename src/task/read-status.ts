import { readTaskStore } from '../checkpoint/task-store.ts';
import type { ProcessStatus, TaskStatus } from '../status/task-status.ts';
import { TaskBoard } from './task-board.ts';
import { loadTasks, type TaskSelection } from './task-setup.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** From the running process where one answers; what it left in the state file otherwise. */
export async function readStatus(selection: TaskSelection): Promise<readonly TaskStatus[]> {
  const { config, tasks } = loadTasks(selection);
  const running = await askProcess(config.http.listen);
  return tasks.map(
    ({ name }) => running.find((task) => task.name === name) ?? readLast(config.stateDir, name),
  );
}

async function askProcess(listen: string): Promise<readonly TaskStatus[]> {
  if (listen === '') return [];
  try {
    const response = await fetch(`http://${listen}/status`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return response.ok ? tasksIn(await response.json()) : [];
  } catch {
    // Nobody listens there: then the state file tells.
    return [];
  }
}

/** Something else may listen there. */
function tasksIn(answer: unknown): readonly TaskStatus[] {
  const { tasks, version } = Object(answer) as Partial<Record<keyof ProcessStatus, unknown>>;
  const isOurs = Array.isArray(tasks) && typeof version === 'string';
  return isOurs ? (tasks as readonly TaskStatus[]) : [];
}

/** How old a snapshot may be and still be that of a running process, which saves one a second. */
const FRESH_MS = 5000;

function readLast(stateDir: string, name: string): TaskStatus {
  const store = readTaskStore({ stateDir, task: name });
  try {
    const snapshot = store?.loadStatus();
    if (snapshot === undefined) return { ...new TaskBoard(name).status(), state: 'stopped' };
    const status = JSON.parse(snapshot.json) as TaskStatus;
    const isFresh = Date.now() - snapshot.savedAtMs < FRESH_MS;
    if (status.state === 'failed' || isFresh) return status;
    return { ...status, state: 'stopped', lag: { ...status.lag, seconds: null } };
  } finally {
    store?.close();
  }
}
