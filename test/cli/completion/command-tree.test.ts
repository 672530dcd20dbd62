import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { flatten, readTree, VALUES } from '../../../src/cli/completion/command-tree.ts';
import { cli } from '../fake-io.ts';

describe('the tree of commands', () => {
  it('has what help shows, and nothing that is hidden', () => {
    const program = new Command('p');
    const inner = program.command('outer').description('o').command('inner').argument('<x>');
    inner.option('-a, --all <what>', 'all').option('--flag', 'flag');
    program.command('secret', { hidden: true });
    const [root, outer, leaf, ...rest] = flatten(readTree(program));
    expect([root?.path, outer?.path, leaf?.path, rest]).toEqual(['', 'outer', 'outer inner', []]);
    expect(leaf?.options.map(({ names, takesValue }) => [...names, takesValue])).toEqual([
      ['--all', '-a', true],
      ['--flag', false],
      ['--help', '-h', false],
    ]);
  });

  it('knows the values of nothing that is not there', async () => {
    const { stdout } = await cli('completion', 'bash');
    for (const place of Object.keys(VALUES)) {
      const [path = '', option] = place.replace('*', '').split(' --');
      if (option !== undefined) expect(stdout).toContain(`${path} --${option}'`);
      else expect(stdout).toContain(`'${path}') `);
    }
  });
});
