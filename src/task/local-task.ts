import type { RunStateKind } from '../lib/run-state.ts';
import type { ControlOutcome } from '../status/http/control-route.ts';
import type { TaskHistory, TaskStatus } from '../status/task-status.ts';
import type { FleetMember } from './fleet.ts';
import { TaskBoard } from './task-board.ts';
import { TaskControl } from './task-control.ts';

/** A task that runs in this process. */
export class LocalTask implements FleetMember {
  readonly name: string;
  readonly board: TaskBoard;
  readonly control = new TaskControl();

  constructor(name: string) {
    this.name = name;
    this.board = new TaskBoard(name);
  }

  get state(): RunStateKind {
    return this.board.state;
  }

  status(): TaskStatus {
    return this.board.status();
  }

  get history(): TaskHistory {
    return this.board.history;
  }

  pause(): Promise<ControlOutcome> {
    const { state } = this;
    if (state === 'failed' || state === 'stopped') {
      return Promise.resolve({ kind: 'refused', why: `the task is ${state}` });
    }
    this.control.pause();
    const note = 'what is under way is finished or rolled back, then it waits';
    return Promise.resolve({ kind: 'done', note });
  }

  resume(): Promise<ControlOutcome> {
    const { state } = this;
    if (state !== 'failed' && !this.control.isPaused) {
      return Promise.resolve({ kind: 'refused', why: `the task is ${state}, not paused` });
    }
    this.control.resume();
    return Promise.resolve({ kind: 'done', note: 'it goes on from its checkpoint' });
  }

  untilResumed(signal: AbortSignal): Promise<void> {
    return this.control.untilResumed(signal);
  }

  begin(): void {
    this.board.begin();
  }
}
