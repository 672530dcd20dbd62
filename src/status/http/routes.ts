import { judgeHealth, judgeReadiness, noteHealth } from '../health.ts';
import { renderMetrics } from '../metrics.ts';
import { findProblems } from '../task-problems.ts';
import type { ProcessStatus, TaskHistory } from '../task-status.ts';
import { pageReply } from './page-reply.ts';
import { json, text, type Reply } from './reply.ts';

export interface Readings {
  readonly status: () => ProcessStatus;
  readonly history: () => readonly TaskHistory[];
  /** How long nothing may be done, with something to do, before a task counts as stuck. */
  readonly stuckAfterSeconds: number;
}

type Route = (readings: Readings) => Reply | Promise<Reply>;

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/', pageReply],
  [
    '/healthz',
    ({ status, stuckAfterSeconds }) => {
      const { tasks } = status();
      return verdict(judgeHealth(tasks, stuckAfterSeconds), noteHealth(tasks));
    },
  ],
  ['/readyz', ({ status }) => verdict(judgeReadiness(status().tasks), 'ready')],
  ['/status', ({ status }) => json(withProblems(status()))],
  ['/history', ({ history }) => json({ tasks: history() })],
  [
    '/metrics',
    async ({ status }) => {
      const { contentType, text: body } = await renderMetrics(status());
      return { code: 200, type: contentType, body };
    },
  ],
]);

/** What anybody may read; undefined: there is no such path. */
export function readRoute(path: string, readings: Readings): Reply | Promise<Reply> | undefined {
  return ROUTES.get(path)?.(readings);
}

function withProblems({ tasks, ...rest }: ProcessStatus) {
  return { ...rest, tasks: tasks.map((task) => ({ ...task, problems: findProblems(task) })) };
}

function verdict(problem: string | undefined, good: string): Reply {
  return text(problem === undefined ? 200 : 503, problem ?? good);
}
