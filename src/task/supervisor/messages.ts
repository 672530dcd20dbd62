import type { ControlAction, ControlOutcome } from '../../status/http/control-route.ts';
import type { TaskHistory, TaskStatus } from '../../status/task-status.ts';

/** From the process of a task to its supervisor. */
export type TaskMessage =
  | { readonly kind: 'status'; readonly status: TaskStatus; readonly history: TaskHistory }
  /** The task ended by itself or was refused: the process ends next, and need not be made anew. */
  | { readonly kind: 'ended'; readonly exitCode: number; readonly status: TaskStatus }
  | { readonly kind: 'outcome'; readonly id: number; readonly outcome: ControlOutcome }
  | { readonly kind: 'profile'; readonly id: number; readonly json: string }
  /** A file that whoever reads it takes away. */
  | { readonly kind: 'heap'; readonly id: number; readonly path: string };

/** From the supervisor to the process of a task. */
export type SupervisorMessage =
  | {
      readonly kind: 'control';
      readonly id: number;
      readonly action: Exclude<ControlAction, 'skip'>;
    }
  | { readonly kind: 'profile'; readonly id: number; readonly seconds: number }
  | { readonly kind: 'heap'; readonly id: number };
