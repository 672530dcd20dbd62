import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTailrace } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

/** How each shell is started bare, and what it needs before it can complete. */
const SHELLS = {
  bash: { command: 'bash --norc --noprofile -i', prepare: 'PS1="ready>"' },
  zsh: { command: 'zsh -f -i', prepare: 'autoload -Uz compinit; compinit -u -D; PS1="ready>"' },
} as const;

/** What is typed, and the words that the shell makes of it. */
const TYPED = [
  ['tailrace posi\t sh\t --js\t', 'position show --json'],
  ['tailrace tail --form\tdeb\t', 'tail --format debezium'],
  ['tailrace tail --format=deb\t', 'tail --format=debezium'],
  ['tailrace run -c my\t --task sh\t --unt\the\t', 'run -c my.toml --task shop --until head'],
  ['tailrace -c my\t position im\t --from=max\t', '-c my.toml position import --from=maxwell'],
  ['tailrace completion z\t', 'completion zsh'],
] as const;

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tailrace-completion-'));
  await writeFile(join(dir, 'my.toml'), '[[task]]\nname = "shop"\n[[task]]\nname = \'orders\'\n');
});
afterAll(() => rm(dir, { recursive: true }));

describe.each(['bash', 'zsh'] as const)('completion %s', (shell) => {
  const isThere = existsSync(`/usr/bin/${shell}`) || existsSync(`/bin/${shell}`);

  it.skipIf(!isThere)('completes what is typed', async () => {
    const { code, stdout } = await runTailrace(['completion', shell]);
    expect(code).toBe(0);
    await writeFile(join(dir, `script.${shell}`), stdout);
    const { command, prepare } = SHELLS[shell];
    const terminal = spawn('script', ['-qefc', command, '/dev/null'], { cwd: dir });
    let screen = '';
    terminal.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString()));
    const prompts = (): number => screen.split('ready>').length - 1;
    const enter = async (line: string): Promise<void> => {
      const before = prompts();
      terminal.stdin.write(`${line}\n`);
      await waitFor(`a prompt after ${JSON.stringify(line)}`, () => prompts() > before);
    };
    try {
      await enter(prepare);
      // zsh would not wait for what was typed before its prompt.
      await enter(`source ./script.${shell}; tailrace() { echo "<$*>"; }`);
      for (const [line, words] of TYPED) {
        await enter(line);
        expect(screen).toContain(`<${words}>`);
      }
    } finally {
      terminal.stdin.end('exit\n');
      terminal.kill();
    }
  });
});

it('refuses a shell that it does not know', async () => {
  const { code, stderr } = await runTailrace(['completion', 'fish']);
  expect(code).toBe(2);
  expect(stderr).toContain('bash, or zsh');
});
