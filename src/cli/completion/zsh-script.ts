import { flatten, type TreeNode, type Value } from './command-tree.ts';
import { scanWords, shellWord, TASK_NAMES, valueCases } from './shell-text.ts';

/** Works from a folder of $fpath and by `source` alike. */
export function zshScript(program: string, root: TreeNode): string {
  const nodes = flatten(root);
  return `#compdef ${program}
# zsh completion of ${program}: source <(${program} completion zsh), or as _${program} in a folder of $fpath
_${program}() {
  local cur=$words[CURRENT] prev=$words[CURRENT-1] place= word config=tailrace.toml i
  local -a found
  # --option=value is one word.
  if [[ $cur == --*=* ]]; then
    prev=\${cur%%=*}
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
${scanWords(nodes, 'config=$words[i+1]')}
  done
  case "$place $prev" in
${valueCases(nodes, (values) => values.map(giveValue).join('; '))}
  esac
  case $cur in
    -*) case $place in
${nodes.map(giveOptions).join('\n')}
      esac
      _describe -o option found ;;
    *) case $place in
${nodes.flatMap(giveArguments).join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = _${program} ]; then _${program} "$@"; else compdef _${program} ${program}; fi
`;
}

function giveOptions({ path, options }: TreeNode): string {
  const items = options.flatMap(({ names, description }) =>
    names.map((name) => item(name, description)),
  );
  return `      ${shellWord(path)}) found=(${items.join(' ')}) ;;`;
}

function giveArguments({ path, commands, values }: TreeNode): readonly string[] {
  const lines: string[] = [];
  if (commands.length > 0) {
    const items = commands.map((one) => item(one.path.slice(path.length).trim(), one.description));
    lines.push(`found=(${items.join(' ')}); _describe command found`);
  }
  lines.push(...values.map(giveValue));
  return lines.length === 0 ? [] : [`      ${shellWord(path)}) ${lines.join('; ')} ;;`];
}

function item(name: string, description: string): string {
  return shellWord(`${name}:${description}`);
}

function giveValue(value: Value): string {
  if (typeof value === 'string') return `compadd -- ${shellWord(value)}`;
  if (value.kind === 'files') return '_files';
  return `compadd -- \${(f)"$(${TASK_NAMES})"}`;
}
