import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { commandLine, startTailrace, type Running } from '../support/tailrace.ts';
import { freePort } from '../support/free-port.ts';
import { waitFor } from '../support/wait-for.ts';
import { Pair } from './pair.ts';

const children: ChildProcess[] = [];
let pair: Pair | undefined;

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await pair?.drop();
  await pair?.close();
});

describe('status --watch on a terminal', () => {
  it('is live, fits a window that changes, and leaves the terminal as it was', async () => {
    pair = await Pair.open('src10', 'dst11', 'e2e_screen');
    const port = await freePort();
    pair.edit((text) => text.replace('listen = ""', `listen = "127.0.0.1:${port}"`));
    const run: Running = startTailrace(['run', '-c', pair.config]);
    children.push(run.child);
    await waitFor('the process to answer', async () => {
      const reply = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      return reply?.status === 200;
    });

    const words = commandLine(['status', '--watch', '-c', pair.config]);
    const command = words.map((word) => `'${word}'`).join(' ');
    const script = spawn('script', ['-qefc', `stty cols 100 rows 30; ${command}`, '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(script);
    let screen = '';
    script.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
    await waitFor('the first frame', () => screen.includes('All is well: 1 task'));

    await pair.source.run('CREATE TABLE t (id INT PRIMARY KEY)', 'INSERT INTO t VALUES (1), (2)');
    await waitFor('the table', () => /e2e_screen\.t +\d/.test(screen));
    expect(screen).toMatch(/rows\/s +\d.*▁.*1 h, at most/);

    // Narrow and low: no line is wider, and what does not fit is told.
    const { pid, terminal } = watcherBelow(script.pid ?? 0);
    const before = screen.length;
    execFileSync('stty', ['-F', terminal, 'cols', '40', 'rows', '8']);
    const frame = (): readonly string[] => {
      const last = screen.slice(before).split('\u001b[H').slice(1).at(-1) ?? '';
      return last.replaceAll(/\u001b\[[?\d;]*[A-Za-z]/g, '').split(/\r*\n/);
    };
    await waitFor('a frame that fits', () => frame().at(-1)?.startsWith('… ') === true);
    expect(frame()).toHaveLength(8);
    expect(Math.max(...frame().map(({ length }) => length))).toBeLessThanOrEqual(40);

    process.kill(pid, 'SIGINT');
    expect(await new Promise((resolve) => script.once('close', resolve))).toBe(0);
    expect(screen.startsWith('\u001b[?1049h\u001b[?25l')).toBe(true);
    expect(screen.endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
    // Never cleared: it would flicker.
    expect(screen).not.toContain('\u001b[2J');
  });
});

/** The tailrace below this process, and the terminal that it writes to. */
function watcherBelow(parent: number): { pid: number; terminal: string } {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => isBelow(pid, parent) && commandOf(pid).includes('--watch'));
  if (found === undefined) throw new Error('it does not run');
  return { pid: found, terminal: readlinkSync(`/proc/${found}/fd/1`) };
}

function isBelow(pid: number, ancestor: number): boolean {
  try {
    const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    return parent === ancestor || (parent > 1 && isBelow(parent, ancestor));
  } catch {
    return false;
  }
}

/** Its words; a shell has them all in one. */
function commandOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
