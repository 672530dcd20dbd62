import { refuseUnauthorized } from './authorize.ts';
import { readBody } from './read-body.ts';
import { json, text, type Call, type Reply } from './reply.ts';

export const CONTROL_ACTIONS = ['pause', 'resume', 'skip'] as const;
export type ControlAction = (typeof CONTROL_ACTIONS)[number];

/** What may be asked of the tasks of this process. `refused`: it makes no sense now, and why. */
export type ControlOutcome =
  | { readonly kind: 'done'; readonly note: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown-task' };

export interface TaskControls {
  pause(task: string): Promise<ControlOutcome>;
  resume(task: string): Promise<ControlOutcome>;
  /** Passes the transaction that stopped the task, and starts it again. */
  skip(task: string, reason: string): Promise<ControlOutcome>;
}

const PATH = /^\/tasks\/([a-z0-9_-]{1,40})\/(pause|resume|skip)$/;

/** undefined: not a path of ours. */
export function controlOf(path: string): { task: string; action: ControlAction } | undefined {
  const [, task, action] = PATH.exec(path) ?? [];
  return task === undefined ? undefined : { task, action: action as ControlAction };
}

/** `POST /tasks/NAME/pause|resume|skip`, for who has the token. */
export async function answerControl(
  call: Call,
  controls: TaskControls | undefined,
  token: string | undefined,
): Promise<Reply> {
  const wanted = controlOf(call.path);
  const body = await readBody(call.request);
  const refusal = refuseUnauthorized(call, token);
  if (refusal !== undefined) return refusal;
  if (wanted === undefined || controls === undefined) return text(404, 'not found');
  if (body === undefined) return text(413, 'the body is too large');
  const reason = wanted.action === 'skip' ? reasonIn(body, call) : '';
  if (reason === undefined) return text(400, 'say why: {"reason": "…"}');
  const { task, action } = wanted;
  const outcome = await (action === 'skip' ? controls.skip(task, reason) : controls[action](task));
  return answerOf(outcome, task);
}

function answerOf(outcome: ControlOutcome, task: string): Reply {
  switch (outcome.kind) {
    case 'done':
      return json({ task, done: true, note: outcome.note });
    case 'refused':
      return json({ task, done: false, note: outcome.why }, 409);
    case 'unknown-task':
      return json({ task, done: false, note: `there is no task "${task}" in this process` }, 404);
  }
}

/** From `{"reason": "…"}`, or `?reason=…`. */
function reasonIn(body: string, { query }: Call): string | undefined {
  const fromQuery = query.get('reason')?.trim();
  if (fromQuery !== undefined && fromQuery !== '') return fromQuery;
  try {
    const parsed: unknown = JSON.parse(body);
    const { reason } = Object(parsed) as { reason?: unknown };
    return typeof reason === 'string' && reason.trim() !== '' ? reason.trim() : undefined;
  } catch {
    return undefined;
  }
}
