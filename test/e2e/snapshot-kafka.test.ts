import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestBroker, type ReadMessage } from '../support/kafka-broker.ts';
import { testServer, type ServerName } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, startTailrace, Workspace, type Finished } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';
import { headOf } from './pair.ts';
import { valueTables } from './value-tables.ts';
import { ValueWorkload } from './value-workload.ts';

let broker: TestBroker;
let copies = 0;

beforeAll(() => {
  broker = new TestBroker({ settings: ['message.max.bytes=16777216'] });
});

afterAll(() => {
  broker.destroy();
});

/** A source's database of its own, also when a test is tried again, whose task publishes. */
class Copy {
  readonly database = `snapkafka_${process.pid}_${++copies}`;
  readonly #workspace = new Workspace();
  readonly source: Sql;

  private constructor(source: Sql) {
    this.source = source;
  }

  static async open(server: ServerName, kafkaLines = ''): Promise<Copy> {
    const copy = new Copy(await openSql(testServer(server)));
    await copy.source.run(`CREATE DATABASE ${copy.database}`, `USE ${copy.database}`);
    copy.#workspace.write({
      source: testServer(server),
      name: copy.database.replaceAll('_', '-'),
      include: [`${copy.database}.*`],
      tail: `[task.kafka]\nbrokers = ["${broker.bootstrap}"]\n${kafkaLines}`,
    });
    return copy;
  }

  command(...words: string[]): Promise<Finished> {
    return runTailrace([...words, '-c', this.#workspace.config]);
  }

  start(...words: string[]) {
    return startTailrace([...words, '-c', this.#workspace.config]);
  }

  /** Without reading them, which takes longer than a copy. */
  async hasMessages(): Promise<boolean> {
    // A topic that is being made has no leader yet, or is not there.
    const offsets = await broker
      .withAdmin((admin) => admin.fetchTopicOffsets(`${this.database}.t`))
      .catch(() => []);
    return offsets.some(({ high }) => high !== '0');
  }

  messages(): Promise<ReadMessage[]> {
    return broker.read(new RegExp(`^(?:tailrace\\.)?${this.database}(?:\\.|$)`));
  }

  async close(): Promise<void> {
    await this.source.run(`DROP DATABASE ${this.database}`);
    await this.source.close();
    this.#workspace.remove();
  }
}

interface Json {
  readonly type?: string;
  readonly op?: string;
  readonly table?: string;
  readonly data?: unknown;
  readonly payload?: Json;
  readonly before?: Record<string, unknown> | null;
  readonly after?: Record<string, unknown> | null;
}

/** What a consumer holds that has all of a table's messages: `v` by `id`. */
function fold(messages: readonly ReadMessage[]): Map<number, number> {
  const rows = new Map<number, number>();
  for (const { value } of messages) {
    if (value === null) continue;
    const whole = JSON.parse(value) as Json;
    const message = whole.payload ?? whole;
    const kind = (message.op ?? message.type ?? '').toLowerCase();
    const images = message.op === undefined ? message.data : (message.after ?? message.before);
    for (const row of [images ?? []].flat() as Record<string, unknown>[]) {
      if (row['id'] === undefined) continue;
      if (kind.startsWith('d')) rows.delete(Number(row['id']));
      else rows.set(Number(row['id']), Number(row['v']));
    }
  }
  return rows;
}

async function rowsOf({ source }: Copy): Promise<Map<number, number>> {
  const rows = await source.rows('SELECT id, v FROM t');
  return new Map(rows.map((row) => [Number(row['id']), Number(row['v'])]));
}

async function fill({ source }: Copy, rows = 16_000): Promise<void> {
  await source.run(
    'CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT, twice INT AS (v * 2) STORED)',
    'INSERT INTO t (v) VALUES (1)',
  );
  for (let have = 1; have < rows; have *= 2) await source.run('INSERT INTO t (v) SELECT v FROM t');
}

describe.each(['maxwell', 'canal', 'debezium'] as const)('snapshot --to kafka as %s', (format) => {
  it('sends every row once, and produce goes on with nothing lost', async () => {
    const copy = await Copy.open('src57', `format = "${format}"\n`);
    const writer = await openSql(testServer('src57'), { database: copy.database });
    try {
      await fill(copy);
      const copying = copy.start('snapshot', '--to', 'kafka', '--engine', 'native');
      for (let n = 1; copying.child.exitCode === null; n++) {
        await writer.run(
          `INSERT INTO t (v) VALUES (${n})`,
          `UPDATE t SET v = v + ${n} WHERE id = ${1 + ((n * 37) % 16_000)}`,
          `DELETE FROM t WHERE id = ${1 + ((n * 101) % 16_000)}`,
        );
      }
      const finished = await copying.finished;
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      const first = await copy.messages();
      const kinds = first.map(({ value }) => JSON.parse(value ?? '') as Json);
      if (format === 'maxwell') {
        expect(kinds[0]?.type).toBe('bootstrap-start');
        expect(kinds.at(-1)?.type).toBe('bootstrap-complete');
        expect(kinds.slice(1, -1).every(({ type }) => type === 'bootstrap-insert')).toBe(true);
      }
      if (format === 'debezium')
        expect(kinds.every(({ payload, op }) => (payload?.op ?? op) === 'r'));
      const produced = await copy.command('produce', '--until', 'head');
      expect(produced.code, produced.stderr.slice(-3000)).toBe(0);
      expect(fold(await copy.messages())).toEqual(await rowsOf(copy));
      const again = await copy.command('snapshot', '--to', 'kafka');
      expect(again.stderr).toContain('SNAPSHOT_NOT_NEEDED');
    } finally {
      await writer.close();
      await copy.close();
    }
  });
});

describe('snapshot --to kafka', () => {
  it('is refused by produce while it is unfinished, and begins anew', async () => {
    const copy = await Copy.open('src57');
    try {
      // Far more than are sent between two looks.
      await fill(copy, 130_000);
      const killed = copy.start('snapshot', '--to', 'kafka');
      await waitFor('some messages', () => copy.hasMessages());
      killed.child.kill('SIGKILL');
      await killed.finished;
      const refused = await copy.command('produce', '--until', 'head');
      expect(refused.stderr).toContain('SNAPSHOT_UNFINISHED');
      const finished = await copy.command('snapshot', '--to', 'kafka');
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      const produced = await copy.command('produce', '--until', 'head');
      expect(produced.code, produced.stderr.slice(-3000)).toBe(0);
      expect(fold(await copy.messages())).toEqual(await rowsOf(copy));
    } finally {
      await copy.close();
    }
  });
});

const SCENARIOS = [
  { server: 'src97', engine: 'native', traits: { isMariadb: false, version: 9.7 } },
  { server: 'src10', engine: 'mysqldump', traits: { isMariadb: true, version: 10.11 } },
] as const;

describe.each(SCENARIOS)(
  'rows of a snapshot of $server by $engine',
  ({ server, engine, traits }) => {
    it('are what the stream gives of the same rows, every type', async () => {
      const copy = await Copy.open(server);
      try {
        const workload = new ValueWorkload(valueTables(traits));
        const begin = await headOf(copy.source);
        await copy.source.run(
          "SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
          ...workload.create(),
          ...workload.inserts(),
        );
        const streamed = await copy.command('tail', '--from', begin, '--until', 'head');
        expect(streamed.code, streamed.stderr.slice(-3000)).toBe(0);
        const finished = await copy.command('snapshot', '--to', 'kafka', '--engine', engine);
        expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
        const copied = (await copy.messages()).map(({ value }) => JSON.parse(value ?? '') as Json);
        const expected = streamed.stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Json);
        expect(valuesOf(copied, 'bootstrap-insert')).toEqual(valuesOf(expected, 'insert'));
      } finally {
        await copy.close();
      }
    });
  },
);

function valuesOf(messages: readonly Json[], type: string): string[] {
  return messages
    .filter((message) => message.type === type)
    .map(({ table, data }) => `${table ?? ''} ${JSON.stringify(data)}`)
    .sort();
}
