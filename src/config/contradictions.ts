import { countStars, parseTablePattern } from '../core/table-pattern.ts';
import type { PathPart } from './issue.ts';

interface Contradiction {
  readonly path: readonly PathPart[];
  readonly message: string;
}

type Table = Readonly<Record<string, unknown>>;

/**
 * What is right key by key but not together. It works on the file as it was read, not on what the
 * schema makes of it, so that contradictions are told together with wrong types.
 */
export function findContradictions(file: unknown): Contradiction[] {
  const tasks = tablesOf(asTable(file)['task']);
  return [
    ...repeatedNames(tasks),
    ...tasks.flatMap((task, index) => {
      const found = [
        ...endsOf(task),
        ...strategyContradictions(task),
        ...serverContradictions(task, 'source'),
        ...serverContradictions(task, 'target'),
        ...kafkaContradictions(asTable(task['kafka'])),
        ...ruleContradictions(tablesOf(task['table']), 'table'),
        ...ruleContradictions(tablesOf(task['consume_table']), 'consume_table'),
      ];
      return found.map(({ path, message }) => ({ path: ['task', index, ...path], message }));
    }),
  ];
}

function repeatedNames(tasks: readonly Table[]): Contradiction[] {
  const names = tasks.map((task) => task['name']);
  return names.flatMap((name, index) =>
    typeof name === 'string' && names.indexOf(name) < index
      ? [{ path: ['task', index, 'name'], message: `another task is called "${name}" too` }]
      : [],
  );
}

function endsOf(task: Table): Contradiction[] {
  const { source, target, kafka } = task;
  if (source === undefined && kafka === undefined) {
    return [{ path: [], message: 'has neither [task.source] nor [task.kafka] to read from' }];
  }
  const sourceHosts = textsOf(asTable(source)['hosts']);
  const shared = textsOf(asTable(target)['hosts']).find((host) => sourceHosts.includes(host));
  const isRenamed = tablesOf(task['table']).some((rule) => rule['to'] !== undefined);
  if (shared === undefined || isRenamed) return [];
  const message = `${shared} is source and target, and no [[task.table]] gives another name`;
  return [{ path: ['target', 'hosts'], message }];
}

/** Without the stream rows go to the target alone. */
function strategyContradictions(task: Table): Contradiction[] {
  const strategies = textsOf(task['strategies']).filter((name) =>
    ['stream', 'poll', 'inspect'].includes(name),
  );
  if (strategies.length === 0 || strategies.includes('stream')) return [];
  const found: Contradiction[] = [];
  const needs = (path: string, message: string): void => {
    if (task[path] === undefined) found.push({ path: ['strategies'], message });
  };
  const named = strategies.map((name) => `"${name}"`).join(', ');
  needs('source', `[${named}] needs [task.source]`);
  needs('target', `[${named}] needs [task.target]`);
  if (strategies.includes('poll') && task['kafka'] !== undefined) {
    const message = `[${named}] publishes nothing: [task.kafka] needs "stream" among the strategies`;
    found.push({ path: ['strategies'], message });
  }
  return found;
}

function serverContradictions(task: Table, end: 'source' | 'target'): Contradiction[] {
  const server = asTable(task[end]);
  const found: Contradiction[] = [];
  if (server['tls'] === 'disabled' && server['tls_ca'] !== undefined) {
    found.push({ path: [end, 'tls_ca'], message: 'has no effect with tls = "disabled"' });
  }
  if (server['tls'] === 'required' && server['tls_ca'] !== undefined) {
    const message = 'has no effect with tls = "required"; verify-ca or verify-identity use it';
    found.push({ path: [end, 'tls_ca'], message });
  }
  const ssh = asTable(server['ssh']);
  if (server['ssh'] !== undefined) found.push(...sshContradictions(ssh, [end, 'ssh']));
  if (ssh['jump'] !== undefined) {
    found.push(...sshContradictions(asTable(ssh['jump']), [end, 'ssh', 'jump']));
  }
  return found;
}

function sshContradictions(ssh: Table, path: readonly string[]): Contradiction[] {
  const oneOf = (a: string, b: string): Contradiction[] => {
    const count = [ssh[a], ssh[b]].filter((value) => value !== undefined).length;
    if (count === 1) return [];
    const message = count === 0 ? `needs ${a} or ${b}` : `has both ${a} and ${b}: one is wanted`;
    return [{ path, message }];
  };
  return [...oneOf('private_key', 'password'), ...oneOf('host_key_sha256', 'known_hosts')];
}

function kafkaContradictions(kafka: Table): Contradiction[] {
  const isByColumn = kafka['partition_by'] === 'column';
  const columns = kafka['partition_columns'];
  const hasColumns = Array.isArray(columns) && columns.length > 0;
  if (isByColumn && !hasColumns) {
    return [
      { path: ['kafka', 'partition_columns'], message: 'is needed for partition_by = "column"' },
    ];
  }
  if (hasColumns && !isByColumn) {
    const message = 'has an effect with partition_by = "column" only';
    return [{ path: ['kafka', 'partition_columns'], message }];
  }
  return [];
}

function ruleContradictions(
  rules: readonly Table[],
  name: 'table' | 'consume_table',
): Contradiction[] {
  const matches = rules.map((rule) => rule['match']);
  return rules.flatMap((rule, index) => {
    const at = (key: string, message: string): Contradiction => ({
      path: [name, index, key],
      message,
    });
    const found: Contradiction[] = [];
    const { match, to } = rule;
    if (typeof match !== 'string') return found;
    if (matches.indexOf(match) < index) {
      found.push(at('match', `"${match}" stands in an earlier rule, which counts`));
    }
    const globs = countGlobs(match);
    if (typeof to === 'string' && globs !== undefined && countStars(to) > globs) {
      found.push(at('to', `has ${countStars(to)} *, but "${match}" has ${globs} to stand for`));
    }
    if (typeof to === 'string' && isMisaligned(match, to)) {
      const regex = '/database_regex\\.(.*)/';
      found.push(
        at(
          'to',
          `its * after the dot would stand for the database's glob: write match = '${regex}'`,
        ),
      );
    }
    return [...found, ...columnContradictions(rule, at)];
  });
}

/**
 * `shard_*.*` to `all.*`: by the letter every table of shard_1 would be called `1`; nobody means that. Where `to` takes
 * up every glob, as in `shard_*.t_*` to `all.t_*_*`, it is meant.
 */
function isMisaligned(match: string, to: string): boolean {
  if (match.startsWith('/') || countStars(to) === countGlobs(match)) return false;
  const [database = ''] = match.split('.', 1);
  const [targetDatabase = ''] = to.split('.', 1);
  const globs = database.split(/[*?]/).length - 1;
  return countStars(targetDatabase) < globs && countStars(to) > countStars(targetDatabase);
}

function columnContradictions(
  rule: Table,
  at: (key: string, message: string) => Contradiction,
): Contradiction[] {
  const renamed = Object.entries(asTable(rule['rename_columns']));
  const dropped = textsOf(rule['drop_columns']);
  const names = renamed.map(([, name]) => name);
  const both = renamed.find(([column]) => dropped.includes(column))?.[0];
  const twice = names.find((name, i) => typeof name === 'string' && names.indexOf(name) < i);
  return [
    ...(both === undefined ? [] : [at('rename_columns', `"${both}" is dropped and renamed`)]),
    ...(typeof twice === 'string'
      ? [at('rename_columns', `two columns would be called "${twice}"`)]
      : []),
  ];
}

/** undefined: the pattern itself is wrong, which the schema says. */
function countGlobs(match: string): number | undefined {
  try {
    return parseTablePattern(match).captureCount;
  } catch {
    return undefined;
  }
}

function asTable(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function tablesOf(value: unknown): Table[] {
  return Array.isArray(value) ? value.map(asTable) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
