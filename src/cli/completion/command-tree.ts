import type { Command, Option } from 'commander';

export interface TreeOption {
  /** `--config` and `-c` of one option. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** What it may be given; empty: anything. */
  readonly values: readonly Value[];
}

export interface TreeNode {
  /** Its words after the program's name: '', 'position', 'position show'. */
  readonly path: string;
  readonly description: string;
  readonly commands: readonly TreeNode[];
  readonly options: readonly TreeOption[];
  /** Of its first argument. */
  readonly values: readonly Value[];
}

/** A word; or one of a kind that only the shell can look up. */
export type Value = string | { readonly kind: 'files' | 'tasks' };

const FORMATS = ['maxwell', 'canal', 'debezium'] as const;
const FILES = { kind: 'files' } as const;

/** What commander does not know: the values of options and arguments, by path and name. `*`: of every command. */
export const VALUES: Readonly<Record<string, readonly Value[]>> = {
  '* --task': [{ kind: 'tasks' }],
  '* --until': ['head'],
  '* --from': ['now', 'earliest'],
  'tail --format': FORMATS,
  'snapshot --engine': ['mysqldump', 'native'],
  'position set': ['now', 'earliest'],
  'position import --from': FORMATS,
  'position import --file': [FILES],
  completion: ['bash', 'zsh'],
};

/** The commands and options that `--help` shows, of a command and those below it. */
export function readTree(command: Command, path = ''): TreeNode {
  const help = command.createHelp();
  const below = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  return {
    path,
    description: command.description(),
    commands: below.map((one) => readTree(one, `${path} ${one.name()}`.trim())),
    options: help.visibleOptions(command).map((option) => readOption(option, path)),
    values: VALUES[path] ?? [],
  };
}

function readOption(option: Option, path: string): TreeOption {
  const { long, short, description } = option;
  const name = long ?? short ?? '';
  return {
    names: [long, short].filter((one): one is string => typeof one === 'string'),
    description,
    takesValue: option.required || option.optional,
    values: VALUES[`${path} ${name}`] ?? VALUES[`* ${name}`] ?? [],
  };
}

/** It and all below it. */
export function flatten(node: TreeNode): readonly TreeNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}
