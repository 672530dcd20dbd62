import { flatten, type TreeNode, type TreeOption, type Value } from './command-tree.ts';
import { scanWords, shellWord, TASK_NAMES, valueCases } from './shell-text.ts';

/** For bash 4 and later, without the package bash-completion. */
export function bashScript(program: string, root: TreeNode): string {
  const nodes = flatten(root);
  return `# bash completion of ${program}: source <(${program} completion bash)
_${program}_reply() { # WORDS: those that begin with what is typed
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur")
}
_${program}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local place= word config=tailrace.toml i
  COMPREPLY=()
  # --option=value comes as three words.
  [ "$cur" != = ] || cur=
  [ "$prev" != = ] || prev=\${COMP_WORDS[COMP_CWORD - 2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
${scanWords(nodes, `config=\${COMP_WORDS[i + 1]}`)}
  done
  case "$place $prev" in
${valueCases(nodes, giveValues)}
  esac
  case "$cur" in
    -*) case $place in
${nodes.map(({ path, options }) => `      ${shellWord(path)}) _${program}_reply ${shellWord(namesOf(options))} ;;`).join('\n')}
      esac ;;
    *) case $place in
${nodes.flatMap((node) => giveArguments(node, program)).join('\n')}
      esac ;;
  esac
}
complete -F _${program} ${program}
`;

  function giveValues(values: readonly Value[]): string {
    return giveEach(values, program);
  }
}

function giveArguments({ path, commands, values }: TreeNode, program: string): readonly string[] {
  const words = [...commands.map(lastWord), ...values];
  return words.length === 0 ? [] : [`      ${shellWord(path)}) ${giveEach(words, program)} ;;`];
}

function giveEach(values: readonly Value[], program: string): string {
  const words = values.filter((value) => typeof value === 'string');
  const looked = values.filter((value) => typeof value !== 'string');
  return [
    ...(words.length === 0 ? [] : [`_${program}_reply ${shellWord(words.join(' '))}`]),
    ...looked.map(({ kind }) =>
      kind === 'files' ? 'compopt -o default' : `_${program}_reply "$(${TASK_NAMES})"`,
    ),
  ].join('; ');
}

function namesOf(options: readonly TreeOption[]): string {
  return options.flatMap(({ names }) => names).join(' ');
}

function lastWord({ path }: TreeNode): string {
  return path.slice(path.lastIndexOf(' ') + 1);
}
