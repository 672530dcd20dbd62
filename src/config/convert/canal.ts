import { Draft } from './draft.ts';
import { patternOfRegex } from './java-regex.ts';
import {
  CLIENT_REASONS,
  convertCompression,
  convertKafkaClient,
  convertSecurity,
} from './kafka-client.ts';
import { taskName } from './maxwell.ts';
import { parseProperties } from './properties.ts';
import { Settings } from './settings.ts';

const TASK = '[[task]]';
const SOURCE = '[task.source]';
const FILTER = '[task.filter]';
const RULE = '[[task.table]]';
const KAFKA = '[task.kafka]';
const SWITCHES = '[task.kafka.canal]';

/** One `instance.properties`; its name is that of its folder, canal's destination. */
export interface CanalInstance {
  readonly name: string;
  readonly text: string;
}

/** canal's `canal.properties`, which may be missing, and the instances that it runs: a task each. */
export function convertCanal(server: string, instances: readonly CanalInstance[]): Draft {
  const draft = new Draft();
  const common = parseProperties(server);
  const used = instances.length === 0 ? [{ name: 'example', text: '' }] : instances;
  if (instances.length === 0) {
    draft.note(
      '',
      'no instance.properties was found: give them too, tailrace convert canal conf/canal.properties conf/NAME/instance.properties',
    );
  }
  const names = new Set<string>();
  for (const instance of used) {
    const settings = new Settings(new Map([...common, ...parseProperties(instance.text)]));
    const name = taskName(instance.name);
    draft.add(TASK);
    draft.set(TASK, 'name', names.has(name) ? `${name.slice(0, 36)}-${names.size}` : name);
    names.add(name);
    convertInstance(draft, settings, name);
    settings.tellRest(draft, REASONS);
  }
  draft.note(
    '',
    'to go on where canal stands: tailrace position import --from canal --file conf/NAME/meta.dat',
  );
  return draft;
}

function convertInstance(draft: Draft, settings: Settings, name: string): void {
  const hosts = [
    settings.take('canal.instance.master.address') ?? '127.0.0.1:3306',
    ...settings.takeList('canal.instance.standby.address'),
  ];
  draft.set(
    SOURCE,
    'hosts',
    hosts.map((host) => (/:\d+$/.test(host) ? host : `${host}:3306`)),
  );
  draft.set(SOURCE, 'user', settings.take('canal.instance.dbUsername') ?? 'canal');
  const value = settings.take('canal.instance.dbPassword') ?? '';
  const variable = `SOURCE_PASSWORD_${name.toUpperCase().replaceAll('-', '_')}`;
  draft.secret(SOURCE, 'password', { value, name: variable });
  const serverId = Number(settings.take('canal.instance.mysql.slaveId') ?? '0');
  if (Number.isSafeInteger(serverId) && serverId > 0) draft.set(SOURCE, 'server_id', serverId);
  draft.set(SOURCE, 'start', startOf(settings));
  convertFilter(draft, settings);
  convertRules(draft, settings);
  convertMessages(draft, settings, name);
}

function startOf(settings: Settings): string {
  const file = settings.take('canal.instance.master.journal.name');
  const offset = settings.take('canal.instance.master.position');
  const gtid = settings.take('canal.instance.master.gtid');
  const time = Number(settings.take('canal.instance.master.timestamp') ?? Number.NaN);
  if (gtid !== undefined) return gtid;
  if (file !== undefined && /^\d+$/.test(offset ?? '')) return `${file}:${offset ?? ''}`;
  if (Number.isFinite(time) && time > 0 && time < 8e15) return new Date(time).toISOString();
  return 'now';
}

/** Regular expressions by comma over `schema.table`, whatever their case. */
function convertFilter(draft: Draft, settings: Settings): void {
  const patternsOf = (key: string): string[] =>
    splitRules(settings.take(key) ?? '').flatMap((regex) => {
      const pattern = patternOfRegex(regex);
      if (pattern === undefined)
        draft.note(key, `"${regex}": a regular expression that only Java knows; it was left out`);
      return pattern === undefined ? [] : [pattern];
    });
  const include = patternsOf('canal.instance.filter.regex');
  const exclude = patternsOf('canal.instance.filter.black.regex');
  if (include.length > 0 && !include.includes('*.*')) {
    draft.set(FILTER, 'include', include);
    draft.note(
      'canal.instance.filter.regex',
      'canal does not tell capital letters from small ones in names; ours does',
    );
  }
  if (exclude.length > 0) draft.set(FILTER, 'exclude', exclude);
}

/** By comma, but not inside of braces and brackets: `t{1,2}`. */
function splitRules(text: string): string[] {
  return text
    .split(/,(?![^{[(]*[}\])])/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** `db.t:a/b` names columns; kinds of changes are left out for every table. */
function convertRules(draft: Draft, settings: Settings): void {
  const skip = ['insert', 'update', 'delete'].filter(
    (kind) => settings.takeFlag(`canal.instance.filter.dml.${kind}`) === true,
  );
  for (const item of settings.takeList('canal.instance.filter.black.field')) {
    const [table = '', columns = ''] = item.split(':');
    if (!/^[^.]+\.[^.]+$/.test(table) || columns === '') {
      draft.note(
        'canal.instance.filter.black.field',
        `"${item}" could not be read; it was left out`,
      );
      continue;
    }
    draft.add(RULE);
    draft.set(RULE, 'match', table);
    draft.set(RULE, 'drop_columns', columns.split('/'));
    if (skip.length > 0) draft.set(RULE, 'skip', skip);
  }
  if (settings.take('canal.instance.filter.field') !== undefined) {
    draft.note(
      'canal.instance.filter.field',
      'columns are named that go, not those that stay: see drop_columns of [[task.table]]',
    );
  }
  if (skip.length === 0) return;
  draft.add(RULE);
  draft.set(RULE, 'match', '*.*');
  draft.set(RULE, 'skip', skip);
}

function convertMessages(draft: Draft, settings: Settings, name: string): void {
  const mode = settings.take('canal.serverMode')?.toLowerCase() ?? 'kafka';
  if (mode === 'tcp') {
    draft.note(
      'canal.serverMode',
      'tcp: clients cannot connect to tailrace; messages go to Kafka (here: 127.0.0.1:9092), rows to a target, or to standard output (tailrace tail --format canal)',
    );
  } else if (mode !== 'kafka')
    draft.note('canal.serverMode', `${mode} has no counterpart: messages go to Kafka`);
  const servers =
    settings.take('kafka.bootstrap.servers') === undefined
      ? 'canal.mq.servers'
      : 'kafka.bootstrap.servers';
  convertKafkaClient(draft, settings, servers);
  draft.set(KAFKA, 'format', 'canal');
  const topic = settings.take('canal.mq.topic') ?? name;
  draft.set(KAFKA, 'topic', topic);
  const partitions = Number(settings.take('canal.mq.partitionsNum') ?? '1');
  if (Number.isSafeInteger(partitions) && partitions > 0)
    draft.set(KAFKA, 'topic_partitions', partitions);
  if (settings.takeFlag('canal.instance.filter.query.ddl') !== true) {
    draft.set(KAFKA, 'ddl_topic', topic);
    draft.note('canal.mq.topic', 'DDL messages go to ddl_topic alone, whatever dynamicTopic says');
  }
  if (settings.takeFlag('canal.mq.flatMessage') === false) {
    draft.note(
      'canal.mq.flatMessage',
      'false: messages are flat (JSON) always, protobuf has no counterpart',
    );
  }
  convertCompression(draft, settings, 'kafka.compression.type', 'canal.mq.compressionType');
  convertSecurity(draft, settings, 'kafka.');
  convertSwitches(draft, settings);
}

function convertSwitches(draft: Draft, settings: Settings): void {
  draft.set(SWITCHES, 'gtid', settings.takeFlag('canal.instance.gtidon') === true);
  draft.set(SWITCHES, 'accumulate_old', true);
  draft.set(SWITCHES, 'canal.mq.dynamicTopic', settings.take('canal.mq.dynamicTopic'));
  const hash = settings.take('canal.mq.partitionHash');
  const partition = settings.take('canal.mq.partition') ?? '0';
  // A rule that fits no table: everything goes to partition 0, as with canal.
  draft.set(SWITCHES, 'canal.mq.partitionHash', hash ?? '^$');
  if (hash === undefined && partition !== '0') {
    draft.note(
      'canal.mq.partition',
      `${partition}: without partitionHash everything goes to partition 0`,
    );
  }
  draft.set(SWITCHES, 'canal.mq.database.hash', settings.takeFlag('canal.mq.database.hash'));
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  ...CLIENT_REASONS,
  [
    /^canal\.(zkServers|zookeeper|ip|port|id|register|admin|metrics|auto|withoutNetty|destinations|conf)/,
    'there is no cluster and no admin: tasks stand in one file, figures at /metrics, a second process waits with run --wait-for-lock',
  ],
  [/^canal\.(user|passwd)/, 'clients do not connect to tailrace'],
  [/^canal\.(aliyun|instance\.rds)/, 'has no counterpart: hosts are connected to directly'],
  [/^canal\.instance\.(tsdb|global)/, 'definitions are kept with the checkpoint'],
  [
    /^canal\.instance\.(memory|network|transaction|fallback|parser|detecting|get|connectionCharset|enableDruid|multi)/,
    'memory is bounded by bytes, lost connections are made anew, character sets are those of the columns',
  ],
  [
    /^canal\.instance\.filter\.(query|rows|table|druid|transaction)/,
    'has no counterpart: what cannot be decoded stops the task by name',
  ],
  [/^canal\.instance\.(standby|master)\./, 'of the other host: one start counts for all hosts'],
  [
    /^canal\.instance\.(dbUsername|pwdPublicKey|enableDruid)/,
    'passwords come from the environment or a file',
  ],
  [
    /^canal\.mq\./,
    'batches are as large as what waits; nothing is acknowledged before Kafka has it',
  ],
  [/^(rocketmq|rabbitmq|pulsarmq)\./, 'has no counterpart: messages go to Kafka'],
];
