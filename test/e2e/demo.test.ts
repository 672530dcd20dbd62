import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runTailrace, startTailrace } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

/** Processes whose command line names this folder. */
function processesIn(dir: string): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.includes(dir) && !line.includes('ps -eo'));
}

const dirOf = (output: string): string => /(\/\S*tailrace-demo-\w+)/.exec(output)?.[1] ?? '';

function isThere(dir: string): boolean {
  return execFileSync('sh', ['-c', `test -e ${dir} && echo yes || echo no`], {
    encoding: 'utf8',
  }).startsWith('yes');
}

describe('tailrace demo', () => {
  it('ends with equal servers and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await runTailrace(['demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('replicator killed (SIGKILL)');
    expect(stdout).toContain('ALTER TABLE');
    expect(stdout).toContain('killed once: 0 rows lost, 0 doubled');
    expect(stdout).toContain('Source and target are equal.');
    const dir = dirOf(stdout);
    expect(dir).not.toBe('');
    expect(isThere(dir)).toBe(false);
    expect(processesIn(dir)).toEqual([]);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('leaves nothing behind after %s', async (signal) => {
    const demo = startTailrace(['demo']);
    await waitFor('the replicator', () => demo.stdout().includes('tailrace run started'));
    const dir = dirOf(demo.stdout());
    expect(processesIn(dir).length).toBeGreaterThanOrEqual(3);
    demo.child.kill(signal);
    expect((await demo.finished).code).toBe(0);
    expect(isThere(dir)).toBe(false);
    expect(processesIn(dir)).toEqual([]);
  });

  it('leaves nothing behind when it is asked twice to stop', async () => {
    const demo = startTailrace(['demo']);
    await waitFor('the replicator', () => demo.stdout().includes('tailrace run started'));
    const dir = dirOf(demo.stdout());
    demo.child.kill('SIGINT');
    demo.child.kill('SIGINT');
    await demo.finished;
    await waitFor('the servers to end', () => processesIn(dir).length === 0);
    expect(isThere(dir)).toBe(false);
  });
});
