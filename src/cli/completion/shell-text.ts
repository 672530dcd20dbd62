import type { TreeNode, TreeOption, Value } from './command-tree.ts';

/** One word for a shell, whatever is in it. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Prints the names of the tasks in the file `$config`. */
export const TASK_NAMES = `sed -n "s/^ *name *= *[\\"']\\(.*\\)[\\"'].*/\\1/p" "$config" 2>/dev/null`;

/** Of every command, also before its name. */
const CONFIG = `*' --config' | *' -c'`;

/**
 * The cases over one word of the line, in bash and zsh alike: a value is passed over, a command becomes part of `place`.
 * `takeConfig` keeps the word after `-c`.
 */
export function scanWords(nodes: readonly TreeNode[], takeConfig: string): string {
  const commands = nodes.flatMap(({ path, commands: below }) =>
    below.map((one) => {
      const spot = path === '' ? ` ${one.path}` : one.path;
      return `      ${shellWord(spot)}) place=${shellWord(one.path)} ;;`;
    }),
  );
  return `    case "$place $word" in
      ${CONFIG}) ${takeConfig}; ((++i)) ;;
      ${withValue(nodes).map(patterns).join(' | ')}) ((++i)) ;;
${commands.join('\n')}
    esac`;
}

/** The cases over `"$place $prev"` in which the word that is typed is the value of an option. */
export function valueCases(
  nodes: readonly TreeNode[],
  give: (values: readonly Value[]) => string,
): string {
  const cases = withValue(nodes).map((spot) => {
    const reply = give(spot.option.values);
    return `    ${patterns(spot)}) ${reply === '' ? '' : `${reply}; `}return ;;`;
  });
  return [`    ${CONFIG}) ${give([{ kind: 'files' }])}; return ;;`, ...cases].join('\n');
}

interface Spot {
  readonly path: string;
  readonly option: TreeOption;
}

function withValue(nodes: readonly TreeNode[]): readonly Spot[] {
  return nodes.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue, names }) => takesValue && !names.includes('--config'))
      .map((option) => ({ path, option })),
  );
}

function patterns({ path, option }: Spot): string {
  return option.names.map((name) => shellWord(`${path} ${name}`)).join(' | ');
}
