import { parse as parseToml } from 'smol-toml';
import { TailraceError } from '../../core/errors.ts';
import { Draft } from './draft.ts';
import { taskName } from './maxwell.ts';
import { TomlTree, type TomlTable } from './toml-tree.ts';

const TASK = '[[task]]';

/** Bits of strategy_mode. */
const STRATEGIES = [
  [1, 'stream'],
  [2, 'poll'],
  [4, 'inspect'],
] as const;
const MODES: ReadonlySet<number> = new Set([1, 2, 4, 5, 6, 7]);

/** A TOML file of data-sync: one task, or one for each table of a list. */
export function convertDataSync(text: string): Draft {
  const draft = new Draft();
  const root = parse(text);
  const { tasks, list } = findTasks(root);
  tasks.forEach((task, index) => {
    // What stands at the top holds for each.
    const common = list === undefined ? {} : without(root, list);
    convertTask(draft, new TomlTree({ ...common, ...task }), index);
  });
  return draft;
}

function parse(text: string): TomlTable {
  try {
    return parseToml(text);
  } catch (cause) {
    throw new TailraceError('USAGE', 'The file is not TOML.', {
      cause,
      next: 'Give the configuration file of data-sync.',
    });
  }
}

/** The list of tables of which each is a task by itself. */
function findTasks(root: TomlTable): {
  readonly tasks: readonly TomlTable[];
  readonly list?: string;
} {
  for (const [name, value] of Object.entries(root)) {
    if (!Array.isArray(value)) continue;
    const tables = value.filter(isTable);
    const isTask = (table: TomlTable): boolean =>
      ['strategy_mode', 'data_mode', 'source', 'target', 'include_tables'].some(
        (key) => key in table,
      );
    if (tables.length > 0 && tables.length === value.length && tables.every(isTask)) {
      return { tasks: tables, list: name };
    }
  }
  return { tasks: [root] };
}

function isTable(value: unknown): value is TomlTable {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function without(table: TomlTable, key: string): TomlTable {
  return Object.fromEntries(Object.entries(table).filter(([name]) => name !== key));
}

const ENDS = {
  source: ['source', 'src', 'from', 'master', 'origin'],
  target: ['target', 'dst', 'dest', 'destination', 'to', 'slave', 'sink'],
} as const;

function convertTask(draft: Draft, tree: TomlTree, index: number): void {
  const strategies = strategiesOf(draft, tree);
  draft.add(TASK);
  const name = taskName(tree.text('name', 'task_name', 'id') ?? 'data-sync');
  draft.set(TASK, 'name', index === 0 ? name : `${name.slice(0, 36)}-${index + 1}`);
  draft.set(TASK, 'strategies', strategies);
  const source = new Server(draft, tree, 'source');
  source.convert();
  if (strategies.includes('stream')) {
    draft.set('[task.source]', 'start', 'now');
    draft.note(
      '',
      'start = "now": make the first copy with tailrace snapshot, which sets where run goes on',
    );
  }
  source.convertSsh();
  const target = new Server(draft, tree, 'target');
  convertTables(draft, tree, { from: source.databases, to: target.databases });
  target.convert();
  target.convertSsh();
  convertPoll(draft, tree, strategies);
  tree.tellRest(draft);
}

function strategiesOf(draft: Draft, tree: TomlTree): readonly string[] {
  const mode = tree.number('strategy_mode') ?? 1;
  if (!Number.isInteger(mode) || mode < 1 || mode > 7) {
    throw new TailraceError('USAGE', `strategy_mode = ${mode} is none of 1, 2, 4, 5, 6, 7.`, {
      next: 'It is a sum of 1 (stream), 2 (poll) and 4 (inspect).',
    });
  }
  const strategies = STRATEGIES.filter(([bit]) => (mode & bit) !== 0).map(([, name]) => name);
  const list = strategies.map((one) => `"${one}"`).join(', ');
  draft.note('strategy_mode', `${mode} is read as ${list}: 1 stream, 2 poll, 4 inspect`);
  if (!MODES.has(mode))
    draft.note('strategy_mode', 'data-sync has no mode 3; ours has the two together');
  return strategies;
}

/** One end: wherever its keys stand, in a table of its own or with its name before them. */
class Server {
  readonly #draft: Draft;
  readonly #tree: TomlTree;
  readonly #header: string;
  readonly #end: 'source' | 'target';

  constructor(draft: Draft, tree: TomlTree, end: 'source' | 'target') {
    this.#draft = draft;
    this.#tree = tree;
    this.#end = end;
    this.#header = `[task.${end}]`;
  }

  convert(): void {
    const host = this.#text('host', 'hostname', 'addr', 'address', 'ip') ?? '127.0.0.1';
    const port = this.#number('port') ?? 3306;
    this.#draft.set(this.#header, 'hosts', [/:\d+$/.test(host) ? host : `${host}:${port}`]);
    this.#draft.set(this.#header, 'user', this.#text('user', 'username') ?? 'tailrace');
    const value = this.#text('password', 'passwd', 'pwd', 'pass') ?? '';
    this.#draft.secret(this.#header, 'password', {
      value,
      name: `${this.#end.toUpperCase()}_PASSWORD`,
    });
    const serverId =
      this.#end === 'source'
        ? (this.#number('server_id') ?? this.#tree.number('server_id'))
        : undefined;
    if (serverId !== undefined && serverId > 0)
      this.#draft.set(this.#header, 'server_id', serverId);
  }

  get databases(): readonly string[] {
    const list = this.#tree.list(...this.#paths('databases', 'schemas'));
    const one = this.#text('database', 'db', 'dbname', 'schema', 'db_name');
    return list.length > 0
      ? list
      : one === undefined || one === ''
        ? []
        : one.split(',').map((name) => name.trim());
  }

  convertSsh(): void {
    const at = (...names: readonly string[]): readonly string[] => [
      ...this.#paths(...names.map((name) => `ssh.${name}`)),
      ...(this.#end === 'source' ? names.map((name) => `ssh.${name}`) : []),
    ];
    const host = this.#tree.text(...at('host', 'hostname', 'addr', 'address', 'ip'));
    if (host === undefined || this.#tree.flag(...at('enable', 'enabled')) === false) return;
    const header = `[task.${this.#end}.ssh]`;
    const port = this.#tree.number(...at('port')) ?? 22;
    this.#draft.set(header, 'host', /:\d+$/.test(host) ? host : `${host}:${port}`);
    this.#draft.set(header, 'user', this.#tree.text(...at('user', 'username')) ?? 'tailrace');
    const key = this.#tree.text(
      ...at('private_key', 'key', 'key_file', 'private_key_path', 'pem', 'identity_file'),
    );
    const password = this.#tree.text(...at('password', 'passwd', 'pwd', 'passphrase'));
    if (key !== undefined) {
      this.#draft.set(header, 'private_key', key);
      if (password !== undefined) this.#secret(header, 'passphrase', password);
    } else this.#secret(header, 'password', password ?? 'unknown');
    this.#draft.set(header, 'host_key_sha256', UNKNOWN_HOST_KEY);
    this.#draft.note(
      `${this.#end}.ssh`,
      `the host key is checked: put its fingerprint into host_key_sha256 (ssh-keyscan ${host} | ssh-keygen -lf -), or name a file in known_hosts instead`,
    );
  }

  #secret(header: string, key: string, value: string): void {
    this.#draft.secret(header, key, {
      value,
      name: `${this.#end.toUpperCase()}_SSH_${key.toUpperCase()}`,
    });
  }

  #text(...names: readonly string[]): string | undefined {
    return this.#tree.text(...this.#paths(...names));
  }

  #number(...names: readonly string[]): number | undefined {
    return this.#tree.number(...this.#paths(...names));
  }

  #paths(...names: readonly string[]): readonly string[] {
    return ENDS[this.#end].flatMap((end) =>
      names.flatMap((name) => [
        `${end}.${name}`,
        `${end}_${name}`,
        `${end}_db.${name}`,
        `${end}.db.${name}`,
        `${end}.mysql.${name}`,
      ]),
    );
  }
}

/** It fits no key, so that nothing is connected before somebody has looked. */
const UNKNOWN_HOST_KEY = `SHA256:${'A'.repeat(43)}`;

interface Databases {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

function convertTables(draft: Draft, tree: TomlTree, { from: databases, to }: Databases): void {
  const mode = (tree.text('data_mode') ?? 'ALL').toUpperCase();
  const included = tree.list('include_tables');
  const excluded = tree.list('exclude_tables');
  const isPart = mode === 'PART';
  if (!isPart && mode !== 'ALL')
    draft.note('data_mode', `"${mode}" is neither ALL nor PART: read as ALL`);
  if (!isPart && included.length > 0)
    draft.note('include_tables', 'has no effect with data_mode = "ALL"');
  const all = databases.length === 0 ? [] : databases.map((database) => `${database}.*`);
  const include = isPart ? included.flatMap((table) => qualified(table, databases)) : all;
  if (isPart && included.length === 0)
    draft.note('include_tables', 'data_mode = "PART" names no table');
  if (include.length > 0) draft.set('[task.filter]', 'include', include);
  const exclude = excluded.flatMap((table) => qualified(table, databases));
  if (exclude.length > 0) draft.set('[task.filter]', 'exclude', exclude);
  convertColumns(draft, tree, { databases, include, renames: renamesOf(databases, to) });
}

/** `t` of each database, or `db.t` as it stands. */
function qualified(table: string, databases: readonly string[]): readonly string[] {
  if (table.includes('.')) return [table];
  return (databases.length === 0 ? ['*'] : databases).map((database) => `${database}.${table}`);
}

interface Scope {
  readonly databases: readonly string[];
  readonly include: readonly string[];
  /** Databases that are called otherwise at the target. */
  readonly renames: ReadonlyMap<string, string>;
}

/** One by one, in their order. */
function renamesOf(from: readonly string[], to: readonly string[]): ReadonlyMap<string, string> {
  const pairs = from.map((name, at) => [name, to[at] ?? name] as const);
  return new Map(pairs.filter(([name, other]) => name !== other));
}

/** Names of columns, `t.column`, or a table of both. */
function convertColumns(
  draft: Draft,
  tree: TomlTree,
  { databases, include, renames }: Scope,
): void {
  const key = 'regular.filter_cols';
  const byTable = new Map<string, string[]>();
  const add = (tables: readonly string[], columns: readonly string[]): void => {
    for (const table of tables) byTable.set(table, [...(byTable.get(table) ?? []), ...columns]);
  };
  const everywhere = include.length > 0 ? include : ['*.*'];
  for (const item of tree.list(key, 'filter_cols')) {
    const parts = item.split('.');
    const column = parts.pop() ?? '';
    if (parts.length === 0) add(everywhere, [column]);
    else add(qualified(parts.join('.'), databases), [column]);
  }
  for (const [table, columns] of tree.lists(key, 'filter_cols'))
    add(qualified(table, databases), columns);
  // What names one table comes first: the first rule that fits counts.
  const rules = [...byTable].sort(([a], [b]) => Number(a.includes('*')) - Number(b.includes('*')));
  for (const [table, columns] of rules) {
    draft.add('[[task.table]]');
    draft.set('[[task.table]]', 'match', table);
    draft.set('[[task.table]]', 'to', renamed(table, renames));
    draft.set('[[task.table]]', 'drop_columns', [...new Set(columns)]);
  }
  for (const [name, other] of renames) {
    if (byTable.has(`${name}.*`)) continue;
    draft.add('[[task.table]]');
    draft.set('[[task.table]]', 'match', `${name}.*`);
    draft.set('[[task.table]]', 'to', `${other}.*`);
  }
  if (byTable.size === 0) return;
  draft.note(
    key,
    'is read as columns that are left out, by every strategy; the columns of a key cannot be',
  );
}

function convertPoll(draft: Draft, tree: TomlTree, strategies: readonly string[]): void {
  const upsert = tree.flag('upsert', 'regular.upsert', 'target.upsert');
  const seconds = within(tree.number(...periodsOf('regular')), 0.1, 86_400);
  const sizes = ['regular.batch', 'regular.batch_size', 'batch_size', 'regular.limit'];
  const batch = within(tree.number(...sizes), 1, 100_000);
  if (strategies.includes('poll')) {
    draft.set('[task.poll]', 'every_seconds', seconds);
    draft.set('[task.poll]', 'batch', batch === undefined ? undefined : Math.trunc(batch));
    const write = upsert === true ? 'upsert' : 'insert';
    draft.set('[task.poll]', 'write', upsert === undefined ? undefined : write);
  }
  if (upsert === true && strategies.includes('stream')) {
    draft.note(
      'upsert',
      'the stream writes what the source did, and stops by name where the target differs; on_conflict = "overwrite" of [task.target] writes over it',
    );
  }
  if (!strategies.includes('inspect')) return;
  const inspect = within(tree.number(...periodsOf('inspect')), 1, 31_536_000);
  draft.set('[task.inspect]', 'every_seconds', inspect);
}

const periodsOf = (table: string): readonly string[] =>
  ['interval', 'interval_seconds', 'every_seconds', 'period'].map((name) => `${table}.${name}`);

function within(value: number | undefined, least: number, most: number): number | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

function renamed(table: string, renames: ReadonlyMap<string, string>): string | undefined {
  const [database = '', ...rest] = table.split('.');
  const other = renames.get(database);
  return other === undefined ? undefined : `${other}.${rest.join('.')}`;
}
