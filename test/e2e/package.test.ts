import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;

interface Packed {
  readonly files: readonly { readonly path: string }[];
}

describe('the package', () => {
  it('holds what runs and what explains it, and nothing else', () => {
    const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const listing = JSON.parse(output) as Packed[] | Record<string, Packed>;
    const [packed] = Object.values(listing);
    const paths = packed?.files.map(({ path }) => path) ?? [];
    expect(paths).toEqual(
      expect.arrayContaining([
        'README.md',
        'LICENSE',
        'package.json',
        'conf/tailrace.toml',
        'dist/main.js',
      ]),
    );
    const isMeant = /^(dist\/.*\.js|dist\/status\/page\/[^/]+|conf\/[^/]+)$/;
    const others = paths.filter((path) => !isMeant.test(path));
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
  });

  it('has a command that can be executed', () => {
    const main = `${root}dist/main.js`;
    expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    accessSync(main, constants.X_OK);
    expect(execFileSync(main, ['--version'], { encoding: 'utf8' })).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
