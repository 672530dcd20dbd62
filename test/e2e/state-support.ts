import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { runTailrace, type Running, type Workspace } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import type { PositionReport } from '../../src/task/position-admin.ts';
import type { TaskStatus } from '../../src/status/task-status.ts';

export function output(run: Running): string {
  return run.stdout() + run.stderr();
}

/** Until the command reads from the source. Fails at once when it ends before. */
export async function untilStreaming(run: Running): Promise<void> {
  let hasEnded = false;
  void run.finished.then(() => (hasEnded = true));
  await waitFor('the stream', () => {
    if (hasEnded) throw new Error(`it ended: ${output(run).slice(-3000)}`);
    return /Going on from the checkpoint|beginning here/.test(output(run));
  });
}

export async function statusOf(workspace: Workspace): Promise<TaskStatus[]> {
  const { code, stdout, stderr } = await runTailrace(['status', '--json', '-c', workspace.config]);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { tasks: TaskStatus[] }).tasks;
}

export async function positionOf(workspace: Workspace): Promise<PositionReport> {
  const args = ['position', 'show', '--json', '-c', workspace.config];
  const { code, stdout, stderr } = await runTailrace(args);
  expect(code, stderr).toBe(0);
  const [report] = (JSON.parse(stdout) as { tasks: PositionReport[] }).tasks;
  if (report === undefined) throw new Error('no task in the report');
  return report;
}

/** What the state file holds: the checkpoint's number and the definitions as one text. */
export function stateFile(path: string): { readonly seq: number; readonly schema: string } {
  const file = new Database(path, { readonly: true });
  try {
    const seq = Number(file.prepare('SELECT seq FROM checkpoint').pluck().get());
    const rows = file.prepare('SELECT key, definition FROM schema_state ORDER BY key').all();
    return { seq, schema: JSON.stringify(rows) };
  } finally {
    file.close();
  }
}
