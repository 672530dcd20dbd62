import { TailraceError } from '../../core/errors.ts';
import { bashScript } from '../completion/bash-script.ts';
import { readTree } from '../completion/command-tree.ts';
import { zshScript } from '../completion/zsh-script.ts';
import { EXIT_OK, print } from '../io.ts';
import type { AddCommand } from '../program.ts';

const SCRIPTS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
]);

export const addCompletionCommand: AddCommand = (program, io, finish) => {
  program
    .command('completion')
    .description('a script that completes commands and options: source <(tailrace completion bash)')
    .argument('<shell>', [...SCRIPTS.keys()].join(' or '))
    .action((shell: string) => {
      const script = SCRIPTS.get(shell);
      if (script === undefined) {
        throw new TailraceError('USAGE', `There is no completion for "${shell}".`, {
          next: 'tailrace completion bash, or zsh.',
        });
      }
      print(io, script(program.name(), readTree(program)));
      finish(EXIT_OK);
    });
};
