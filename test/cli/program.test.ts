import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/task/version.ts';
import { cli } from './fake-io.ts';

const dir = mkdtempSync(join(tmpdir(), 'tailrace-cli-'));
const config = join(dir, 'tailrace.toml');

beforeAll(() => {
  writeFileSync(
    config,
    `state_dir = "./state"
[http]
listen = ""
[[task]]
name = "shop"
[task.source]
hosts = ["127.0.0.1:1"]
user = "u"
password = "a-secret-word"
start = "now"
[task.target]
hosts = ["127.0.0.1:2"]
user = "u"
`,
  );
});

afterAll(() => {
  rmSync(dir, { recursive: true });
});

describe('help', () => {
  it('is asked for: standard output, exit 0', async () => {
    const { code, stdout, stderr } = await cli('--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['run', 'tail', 'check', 'status', 'position', 'demo', 'Exit codes']) {
      expect(stdout).toContain(word);
    }
  });

  it.each(['run', 'tail', 'check', 'status', 'position', 'demo'])(
    'is there for %s',
    async (name) => {
      const { code, stdout } = await cli(name, '--help');
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: tailrace ${name}`));
    },
  );

  it('comes without any argument too, but as an error', async () => {
    const { code, stdout, stderr } = await cli();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: tailrace');
  });

  it('tells the version', async () => {
    expect(await cli('--version')).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' });
  });
});

describe('bad usage ends with 2 and one line that helps', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a command that is not there', ['nonsense'], /unknown command 'nonsense'/],
    ['a mistyped command', ['chek'], /Did you mean check\?/],
    ['an option that is not there', ['run', '--nonsense'], /unknown option '--nonsense'/],
    ['a mistyped option', ['run', '--untill', 'head'], /Did you mean --until\?/],
    ['an argument too many', ['demo', 'now'], /too many arguments/],
    ['a missing argument', ['position', 'set'], /missing required argument 'position'/],
    ['a missing reason', ['position', 'skip'], /required option '--reason <text>'/],
    [
      'a file that is not there',
      ['run', '-c', '/no/such.toml'],
      /There is no file \/no\/such\.toml/,
    ],
    ['a format that is not known', ['tail', 'mysql://u@h/', '--format', 'x'], /--format x/],
    ['a URL that is none', ['tail', 'http://h/'], /mysql:\/\//],
  ];

  it.each(cases)('%s', async (_, argv, message) => {
    const { code, stdout, stderr } = await cli(...argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('a task that the file does not have', async () => {
    const { code, stderr } = await cli('status', '-c', config, '--task', 'shopp');
    expect(code).toBe(2);
    expect(stderr).toContain('Its tasks are: shop.');
  });

  it('a position that is none', async () => {
    const { code, stderr } = await cli('position', 'set', 'yesterday', '-c', config);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error POSITION_INVALID: .*\n {2}next: /);
  });

  it('an --until that is not head', async () => {
    const { code, stderr } = await cli('run', '-c', config, '--until', 'noon');
    expect(code).toBe(2);
    expect(stderr).toContain('--until head');
  });
});

describe('status without a process', () => {
  it('is a table, or JSON', async () => {
    const { code, stdout } = await cli('status', '-c', config);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 task {2}no process answers.*\n\nTASK +STATE.*\nshop +stopped/);
    const json = JSON.parse((await cli('status', '-c', config, '--json')).stdout) as {
      tasks: { name: string; state: string }[];
    };
    expect(json.tasks.map(({ name, state }) => [name, state])).toEqual([['shop', 'stopped']]);
  });
});

describe('check of ends that are not there', () => {
  it('finds both, exits with 3 and never shows a password', async () => {
    const { code, stdout } = await cli('check', '-c', config);
    expect(code).toBe(3);
    expect(stdout).toContain('SOURCE_UNREACHABLE');
    expect(stdout).toContain('TARGET_UNREACHABLE');
    expect(stdout).toContain('PASSWORD_IN_FILE');
    expect(stdout).not.toContain('a-secret-word');
  });

  it('is JSON too, and prints no statement where none helps', async () => {
    const findings = JSON.parse((await cli('check', '-c', config, '--json')).stdout) as object[];
    expect(findings[0]).toMatchObject({ severity: 'error', task: 'shop', end: 'target' });
    expect((await cli('check', '-c', config, '--fix-sql')).stdout).toBe('');
  });
});
