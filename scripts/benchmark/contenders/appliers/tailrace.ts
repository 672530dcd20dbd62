import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { Child } from '../../support/child.ts';
import { cpuMs } from '../../support/process-usage.ts';
import { writeTaskConfig } from '../task-config.ts';
import type { Applier, ApplyRun } from './applier.ts';

const START_TIMEOUT_MS = 120_000;
/** The last that it says before it asks the source for its binlog. */
const STREAMING = /Going on from the checkpoint|beginning here/;

export const tailraceApplier: Applier = {
  name: 'tailrace',
  version: () => 'this commit',
  runsOnTarget: false,
  start: async (run) => {
    const { context, stateFolder } = run;
    const home = join(context.work, 'tailrace');
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    cpSync(stateFolder, join(home, 'state'), { recursive: true });
    const config = writeConfig(home, run);
    let child = await streaming(context, config);
    const end = async (): Promise<void> => {
      const exit = await child.stop();
      if (exit !== 0) throw new Error(`tailrace ended with ${exit}: ${child.output}`);
    };
    return {
      pids: () => (child.hasEnded ? [] : [child.pid]),
      startedAt: performance.now(),
      cpuMsAtStart: cpuMs(child.pid),
      problem: () => Promise.resolve(child.hasEnded ? `it ended: ${child.output}` : undefined),
      pause: end,
      resume: async () => {
        child = await streaming(context, config);
      },
      stop: end,
    };
  },
};

async function streaming(context: Context, config: string): Promise<Child> {
  const child = startTailrace(context.root, config);
  context.onEnd(() => child.stop('SIGKILL'));
  await child.line(STREAMING, START_TIMEOUT_MS);
  return child;
}

/** Everything from the beginning of the source's binlog, then the end: the target's first state. */
export async function copyWithTailrace(
  run: Omit<ApplyRun, 'from' | 'until' | 'stateFolder'>,
  home: string,
): Promise<string> {
  const config = writeConfig(home, run);
  const child = startTailrace(run.context.root, config, '--until', 'head');
  run.context.onEnd(() => child.stop('SIGKILL'));
  const exit = await child.ended();
  if (exit !== 0)
    throw new Error(`tailrace could not copy the first state (${exit}): ${child.output}`);
  return join(home, 'state');
}

export function startTailrace(root: string, config: string, ...more: readonly string[]): Child {
  const args = [join(root, 'dist/main.js'), 'run', '-c', config, ...more];
  return new Child({ program: process.execPath, args });
}

/** Every setting at its default but where it must be told. */
export function writeConfig(
  home: string,
  { sourcePort, targetPort, lanes = 1 }: Pick<ApplyRun, 'sourcePort' | 'targetPort' | 'lanes'>,
): string {
  return writeTaskConfig(
    home,
    'bench',
    `[task.source]
hosts = ["127.0.0.1:${sourcePort}"]
user = "root"
start = "earliest"
[task.target]
hosts = ["127.0.0.1:${targetPort}"]
user = "root"
lanes = ${lanes}
`,
  );
}
