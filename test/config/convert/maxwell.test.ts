import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertMaxwell } from '../../../src/config/convert/maxwell.ts';
import { createRouter } from '../../../src/pipeline/router.ts';
import { load, noteOf } from './converted.ts';

const properties = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}`)
    .join('\n');

const KAFKA = { producer: 'kafka', 'kafka.bootstrap.servers': 'k1:9092,k2' };

describe('convert maxwell', () => {
  it('keeps what has a counterpart', () => {
    const draft = convertMaxwell(
      properties({
        ...KAFKA,
        host: 'db1',
        port: '3307',
        user: 'mx',
        password: 'do not show',
        replica_server_id: '64',
        client_id: 'My App',
        init_position: 'mysql-bin.000003:4711:0',
        kafka_topic: 'mx_%{database}_%{table}',
        producer_partition_by: 'transaction_id',
        kafka_partition_hash: 'murmur3',
        output_ddl: 'true',
        ddl_kafka_topic: 'ddl',
        output_row_query: 'true',
        output_commit_info: 'false',
        output_naming_strategy: 'underscore_to_camelcase',
        kafka_key_format: 'array',
        exclude_columns: 'a, /^b/',
        dead_letter_topic: 'dead',
        'kafka.compression.type': 'lz4',
        http_port: '8081',
        javascript: 'x.js',
        whatever: '1',
      }),
    );
    const config = load(draft);
    const [task] = config.tasks;
    expect(task?.name).toBe('my_app');
    expect(task?.source).toMatchObject({
      hosts: ['db1:3307'],
      user: 'mx',
      serverId: 64,
      tls: 'disabled',
    });
    expect(task?.source?.start).toMatchObject({ kind: 'coordinates' });
    expect(task?.kafka).toMatchObject({
      brokers: ['k1:9092', 'k2:9092'],
      topic: 'mx_{database}_{table}',
      partitionBy: 'transaction',
      partitionHash: 'murmur3',
      ddlTopic: 'ddl',
      rowQuery: true,
      oversize: 'dead_letter',
      deadLetterTopic: 'dead',
      compression: 'lz4',
    });
    expect(task?.kafka?.maxwell).toMatchObject({
      output_commit_info: false,
      output_naming_strategy: 'underscore_to_camelcase',
      kafka_key_format: 'array',
      exclude_columns: ['a', '/^b/'],
    });
    expect(config.http.listen).toBe('0.0.0.0:8081');
    expect(draft.toml).not.toContain('do not show');
    expect(draft.toml).toContain('password = { env = "SOURCE_PASSWORD" }');
    expect(noteOf(draft, 'javascript')).toMatch(/scripts/);
    expect(noteOf(draft, 'whatever')).toBe('has no counterpart');
  });

  it('reads the server that it replicates from, and has its defaults', () => {
    const draft = convertMaxwell(
      properties({
        ...KAFKA,
        host: 'schema',
        replication_host: 'source',
        user: 'u',
        password: '${DB_PW}',
      }),
    );
    const [task] = load(draft).tasks;
    expect(task?.source?.hosts).toEqual(['source:3306']);
    expect(draft.toml).toContain('password = { env = "DB_PW" }');
    expect(task?.kafka).toMatchObject({
      topic: 'maxwell',
      partitionBy: 'database',
      partitionHash: 'java',
    });
    expect(task?.filter.exclude.map(({ text }) => text)).toEqual(['maxwell.*']);
    expect(noteOf(draft, 'ignore_producer_error')).toMatch(/ours stops/);
  });

  it('sees what has none', () => {
    const draft = convertMaxwell(
      properties({
        producer: 'kinesis',
        kinesis_stream: 's',
        host: 'h',
        encrypt: 'data',
        init_position: '?',
      }),
    );
    expect(load(draft).tasks[0]?.kafka).toBeUndefined();
    expect(noteOf(draft, 'producer')).toMatch(/kinesis has no counterpart/);
    expect(noteOf(draft, 'kinesis_stream')).toMatch(/no counterpart/);
    expect(noteOf(draft, 'encrypt')).toMatch(/not encrypted/);
    expect(noteOf(draft, 'init_position')).toMatch(/could not be read/);
  });
});

interface Rule {
  readonly include: boolean;
  readonly database: string;
  readonly table: string;
}

const NAMES = ['a', 'b', 'ab', 'tmp_a'];
const name = fc.constantFrom('*', ...NAMES, '/^a/', '/b$/', '/tmp/', '/^(a|b)$/');
const rule: fc.Arbitrary<Rule> = fc.record({ include: fc.boolean(), database: name, table: name });

/** Maxwell's own way: the last rule that fits counts. */
function isIncludedByMaxwell(rules: readonly Rule[], database: string, table: string): boolean {
  const fits = (pattern: string, text: string): boolean =>
    pattern === '*' ||
    (pattern.startsWith('/') ? new RegExp(pattern.slice(1, -1)).test(text) : pattern === text);
  const last = rules.findLast((one) => fits(one.database, database) && fits(one.table, table));
  return last?.include ?? true;
}

describe('a filter of Maxwell', () => {
  it('includes the same tables as there', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 6 }), (rules) => {
        const filter = rules
          .map(
            ({ include, database, table }) =>
              `${include ? 'include' : 'exclude'}: ${database}.${table}`,
          )
          .join(', ');
        const [task] = load(convertMaxwell(properties({ host: 'h', filter }))).tasks;
        const router = createRouter(task?.filter ?? { exclude: [] }, [], 'tailrace');
        for (const database of NAMES) {
          for (const table of NAMES) {
            expect(
              router.isIncluded({ database, table }),
              `${filter} of ${database}.${table}`,
            ).toBe(isIncludedByMaxwell(rules, database, table));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('says which rules it cannot keep', () => {
    const draft = convertMaxwell(
      properties({
        host: 'h',
        filter:
          'exclude: *.*, include: a.t.col = 5, include: /a(?<=x++)/.b, include: "q t".*, oops',
      }),
    );
    expect(noteOf(draft, 'filter')).toMatch(/a\.t\.col = 5.*not filtered by their values/);
    expect(noteOf(draft, 'filter')).toMatch(/only Java knows/);
    expect(noteOf(draft, 'filter')).toMatch(/"oops" could not be read/);
    expect(
      load(draft).tasks[0]?.filter.include?.map((one) =>
        one.matches({ database: 'q t', table: 'x' }),
      ),
    ).toEqual([true]);
  });
});

describe('any properties', () => {
  const known = fc.constantFrom(
    'producer',
    'filter',
    'ssl',
    'init_position',
    'kafka_topic',
    'producer_partition_by',
    'producer_partition_columns',
    'replica_server_id',
    'client_id',
    'log_level',
    'include_dbs',
    'exclude_tables',
    'row_query_max_length',
    'kafka.security.protocol',
    'kafka.sasl.jaas.config',
    'output_nulls',
    'http_port',
    'x.y',
  );
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('kafka', 'true', 'column', '7', '*', 'SASL_SSL', 'include: a.b'),
  );

  it('make a configuration that loads, or say what is to be mended', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(known, value), { maxLength: 8 }), (pairs) => {
        const values = Object.fromEntries(
          pairs.filter(([key]) => key !== 'http_port' && key !== 'kafka_topic'),
        );
        const text = properties(values).replace(/[\r\f]/g, ' ');
        expect(() => load(convertMaxwell(`${text}\nhost=h`))).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
