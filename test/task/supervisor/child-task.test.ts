import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/lib/logger.ts';
import { ChildTask } from '../../../src/task/supervisor/child-task.ts';

/** Hangs when it is started for the first time, and ends by itself the second time. */
const PROGRAM = `
import { existsSync, writeFileSync } from 'node:fs';
const [mark] = process.argv.slice(2);
if (existsSync(mark)) {
  process.send({ kind: 'ended', exitCode: 0, status: {} }, () => process.disconnect());
} else {
  writeFileSync(mark, '');
  for (;;);
}
`;

describe('a task in a process of its own', () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tailrace-child-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
  });

  it('is ended when it hangs, and started anew', async () => {
    const program = join(dir, 'hangs.mjs');
    writeFileSync(program, PROGRAM);
    const said: string[] = [];
    const task = new ChildTask({
      name: 'hangs',
      args: [program, join(dir, 'mark')],
      firstArgs: [],
      logger: { ...silentLogger, error: (...all: unknown[]) => void said.push(String(all.at(-1))) },
      signal: new AbortController().signal,
      lookMs: 200,
    });
    expect(await task.run(true)).toBe(0);
    expect(said[0]).toBe('The process of a task hangs; it is ended');
    expect(said[1]).toBe('A task has crashed; it is started anew');
  });
});
