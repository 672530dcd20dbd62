import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertCanal } from '../../../src/config/convert/canal.ts';
import { convertFiles } from '../../../src/config/convert/convert-file.ts';
import { load, noteOf } from './converted.ts';

const INSTANCE = String.raw`
canal.instance.master.address=db:3307
canal.instance.standby.address=db2:3306
canal.instance.dbUsername=canal
canal.instance.dbPassword=do not show
canal.instance.gtidon=true
canal.instance.master.journal.name=binlog.000007
canal.instance.master.position=99
canal.instance.filter.regex=shop\\..*,crm\\.(user|order)_\\d{1,3},.*\\.audit
canal.instance.filter.black.regex=mysql\\.slave_.*
canal.instance.filter.black.field=shop.users:password/salt,oops
canal.instance.filter.dml.delete=true
canal.instance.tsdb.enable=true
canal.mq.topic=example
canal.mq.dynamicTopic=mytest1.user,mytest2\\..*
canal.mq.partitionHash=.*\\..*:$pk$
canal.mq.partitionsNum=3
`;
const SERVER = `canal.serverMode = kafka\nkafka.bootstrap.servers = k:9092\nkafka.acks = all\ncanal.mq.database.hash = false\n`;

describe('convert canal', () => {
  it('keeps what has a counterpart', () => {
    const draft = convertCanal(SERVER, [{ name: 'Shop', text: INSTANCE }]);
    const [task] = load(draft).tasks;
    expect(task?.name).toBe('shop');
    expect(task?.source).toMatchObject({ hosts: ['db:3307', 'db2:3306'], user: 'canal' });
    expect(task?.source?.start).toMatchObject({
      kind: 'coordinates',
      coordinates: { file: 'binlog.000007', offset: 99 },
    });
    const includes = (database: string, table: string): boolean =>
      task?.filter.include?.some((one) => one.matches({ database, table })) === true;
    expect([includes('shop', 'x'), includes('crm', 'user_12'), includes('a', 'audit')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([includes('crm', 'user_1234'), includes('a', 'b')]).toEqual([false, false]);
    expect(task?.filter.exclude.map(({ text }) => text)).toEqual(['mysql.slave_*']);
    expect(
      task?.tables.map(({ match, dropColumns, skip }) => [match.text, dropColumns, skip]),
    ).toEqual([
      ['shop.users', ['password', 'salt'], ['delete']],
      ['*.*', [], ['delete']],
    ]);
    expect(task?.kafka).toMatchObject({
      brokers: ['k:9092'],
      format: 'canal',
      topic: 'example',
      topicPartitions: 3,
      ddlTopic: 'example',
    });
    expect(task?.kafka?.canal).toMatchObject({
      gtid: true,
      accumulate_old: true,
      'canal.mq.dynamicTopic': String.raw`mytest1.user,mytest2\..*`,
      'canal.mq.partitionHash': String.raw`.*\..*:$pk$`,
      'canal.mq.database.hash': false,
    });
    expect(draft.toml).not.toContain('do not show');
    expect(noteOf(draft, 'canal.instance.tsdb.enable')).toMatch(/checkpoint/);
    expect(noteOf(draft, 'canal.instance.filter.black.field')).toMatch(/"oops" could not be read/);
  });

  it('makes a task of each instance that canal.properties names, or finds it beside one', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tailrace-convert-'));
    try {
      writeFileSync(join(dir, 'canal.properties'), `${SERVER}canal.destinations = a, b\n`);
      for (const name of ['a', 'b']) {
        mkdirSync(join(dir, name));
        writeFileSync(
          join(dir, name, 'instance.properties'),
          `canal.instance.master.address=${name}:3306`,
        );
      }
      const both = convertFiles('canal', [join(dir, 'canal.properties')]);
      expect([...both.toml.matchAll(/^name = "(\w+)"$/gm)].map(([, name]) => name)).toEqual([
        'a',
        'b',
      ]);
      expect([...both.toml.matchAll(/^hosts = (.*)$/gm)].map(([, host]) => host)).toEqual([
        '["a:3306"]',
        '["b:3306"]',
      ]);
      const one = convertFiles('canal', [join(dir, 'b', 'instance.properties')]);
      expect(one.toml).toContain('name = "b"');
      expect(one.toml).toContain('brokers = ["k:9092"]');
      expect(() => convertFiles('canal', [join(dir, 'none')])).toThrow(/cannot be read/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('says what cannot be', () => {
    const draft = convertCanal(
      'canal.serverMode=rocketMQ\ncanal.mq.flatMessage=false\nrocketmq.namespace=x',
      [],
    );
    expect(load(draft).tasks).toHaveLength(1);
    expect(noteOf(draft, 'canal.serverMode')).toMatch(/no counterpart/);
    expect(noteOf(draft, 'canal.mq.flatMessage')).toMatch(/protobuf/);
    expect(noteOf(draft, 'rocketmq.namespace')).toMatch(/no counterpart/);
    // No rule for partitions: all of it in partition 0, as there.
    expect(draft.toml).toContain('"canal.mq.partitionHash" = "^$"');
  });

  it('loads whatever the filter holds', () => {
    const part = fc.constantFrom('.*', 'a', 'b_.*', '[a-z]+', '(x|y)', '\\d{2}', '++', '(', 'a$');
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { maxLength: 4 }), (rules) => {
        const regex = rules.map(([database, table]) => `${database}\\\\.${table}`).join(',');
        const text = `canal.instance.filter.regex=${regex}\ncanal.instance.filter.black.regex=${regex}`;
        expect(() => load(convertCanal('', [{ name: 'x', text }]))).not.toThrow();
      }),
    );
  });
});
