/**
 * Which folder of src/ may import which other folder. The ESLint configuration turns each row into
 * one no-restricted-imports block, so a wrong import fails `npm run check`.
 */
export const layers = {
  core: [],
  lib: [],
  server: ['core', 'lib'],
  replica: ['core', 'lib', 'server'],
  kafka: ['core', 'lib'],
  binlog: ['core', 'lib'],
  schema: ['core', 'lib', 'server'],
  message: ['core', 'lib'],
  source: ['core', 'lib', 'server', 'kafka', 'replica', 'binlog', 'schema', 'message'],
  snapshot: ['core', 'lib', 'server', 'schema'],
  poll: ['core', 'lib', 'server', 'schema', 'snapshot'],
  pipeline: ['core', 'lib'],
  inspect: ['core', 'lib', 'server', 'schema'],
  sink: ['core', 'lib', 'server', 'kafka', 'message'],
  checkpoint: ['core', 'lib'],
  status: ['core', 'lib'],
  config: ['core', 'lib'],
  task: [
    'core',
    'lib',
    'server',
    'kafka',
    'replica',
    'binlog',
    'schema',
    'message',
    'source',
    'snapshot',
    'poll',
    'pipeline',
    'inspect',
    'sink',
    'checkpoint',
    'status',
    'config',
  ],
  cli: ['task', 'config', 'status', 'checkpoint', 'core', 'lib'],
};

/** Packages that one folder alone may import. */
export const onlyIn = {
  '@vlasky/zongji': 'replica',
  ssh2: 'server',
  'better-sqlite3': 'checkpoint',
  'smol-toml': 'config',
  pino: 'lib',
  'prom-client': 'status',
  kafkajs: 'kafka',
  commander: 'cli',
};
