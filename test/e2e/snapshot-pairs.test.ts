import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SshServer } from '../support/ssh-server.ts';
import type { ServerName } from '../support/servers.ts';
import { Pair } from './pair.ts';

const FAMILIES: readonly (readonly [ServerName, ServerName, string])[] = [
  ['src57', 'dst97', 'mysqldump'],
  ['src57', 'dst11', 'native'],
  ['src10', 'dst11', 'mysqldump'],
];

describe.each(FAMILIES)('snapshot from %s to %s by %s', (from, to, engine) => {
  it('renames, drops, leaves out; says what became of views, triggers, routines, events', async () => {
    const pair = await Pair.open(from, to, 'e2e_snappair');
    const d = pair.database;
    const isMariadb = from === 'src10';
    try {
      await pair.configure({
        start: '',
        exclude: [`${d}.secret`],
        filterLines: `[[task.table]]
match = "${d}.people"
to = "${d}.persons"
drop_columns = ["password"]
rename_columns = { mail = "email" }
[[task.table]]
match = "${d}.late"
drop_columns = ["secret"]
rename_columns = { v = "w" }
`,
      });
      await pair.source.run(
        'CREATE TABLE people (id INT PRIMARY KEY, mail VARCHAR(40) CHARACTER SET latin1, password TEXT, f FLOAT, d DOUBLE(10,2), KEY (mail))',
        "CREATE TABLE things (id INT PRIMARY KEY, e ENUM('', 'a'), s SET('x', 'y'), b BIT(9), j TEXT, y YEAR, v INT AS (id * 2) STORED)",
        'CREATE TABLE secret (id INT PRIMARY KEY)',
        'CREATE VIEW good AS SELECT id FROM things',
        'CREATE TRIGGER tr BEFORE INSERT ON secret FOR EACH ROW SET NEW.id = NEW.id',
        'CREATE PROCEDURE pr() SELECT 1',
        'CREATE EVENT ev ON SCHEDULE EVERY 1 YEAR DISABLE DO SELECT 1',
        "INSERT INTO people VALUES (1, 'é@x', 'p', 0.1, 1.23), (2, NULL, NULL, 16777217, -0.05)",
        "INSERT INTO things (id, e, s, b, j, y) VALUES (1, 'a', 'x,y', 257, '\\\\ \\' \\n', 2026), (2, '', '', 0, NULL, 0)",
        'INSERT INTO secret VALUES (1)',
        ...(isMariadb ? ['CREATE SEQUENCE sq'] : []),
      );
      const finished = await pair.command('snapshot', '--engine', engine);
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      expect(finished.stdout).toContain(`views: ${d}.good`);
      for (const kind of ['trigger', 'routine', 'event', ...(isMariadb ? ['sequence'] : [])]) {
        expect(finished.stdout).toContain(`left out (${kind})`);
      }
      await pair.source.run(
        "UPDATE people SET mail = 'n' WHERE id = 2",
        'DELETE FROM things WHERE id = 2',
        'ALTER TABLE people ADD n INT AFTER password, ADD KEY secret (password(3)), MODIFY mail VARCHAR(50) CHARACTER SET latin1',
        'UPDATE people SET n = 7, password = NULL WHERE id = 1',
        'CREATE TABLE late (id INT PRIMARY KEY, secret TEXT, v INT, g INT AS (v + 1) STORED, KEY v (v))',
        "INSERT INTO late (id, secret, v) VALUES (1, 'x', 5)",
        'CREATE INDEX both_of ON late (v, id)',
      );
      const run = await pair.run();
      expect(run.code, run.stderr.slice(-3000)).toBe(0);
      expect(await pair.rows('SHOW TABLES')).toEqual(['good', 'late', 'persons', 'things']);
      expect(await pair.rows('SELECT * FROM late')).toEqual(['1 5 6']);
      expect(await pair.rows('SELECT id, email, f * 1e0, d, n FROM persons ORDER BY id')).toEqual([
        '1 é@x 0.10000000149011612 1.23 7',
        '2 n 16777216 -0.05 null',
      ]);
      expect(await pair.rows('SELECT id, e, s, HEX(b), HEX(j), y, v FROM things')).toEqual([
        '1 a x,y 101 5C2027200A 2026 2',
      ]);
    } finally {
      await pair.drop();
      await pair.close();
    }
  });
});

describe('snapshot by mysqldump', () => {
  it('lets the program go through SSH', async () => {
    const ssh = await SshServer.start();
    const pair = await Pair.open('src57', 'dst57', 'e2e_snapssh');
    try {
      writeFileSync(join(dirname(pair.config), 'known_hosts'), ssh.knownHost);
      writeFileSync(join(dirname(pair.config), 'key'), ssh.clientKey, { mode: 0o600 });
      const lines = `[task.source.ssh]
host = "127.0.0.1:${ssh.port}"
user = "ops"
private_key = "./key"
known_hosts = "./known_hosts"
`;
      await pair.configure({ start: '', sourceLines: lines });
      await pair.source.run('CREATE TABLE t (id INT PRIMARY KEY)', 'INSERT INTO t VALUES (1), (2)');
      const finished = await pair.command('snapshot');
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      expect(await pair.difference()).toBe('');
    } finally {
      await pair.drop();
      await pair.close();
      ssh.close();
    }
  });
});

describe('snapshot of many tables', () => {
  it.each(['mysqldump', 'native'])('copies a hundred by %s', async (engine) => {
    const pair = await Pair.open('src57', 'dst57', `e2e_snapmany_${engine}`);
    try {
      await pair.configure({ start: '' });
      for (let n = 0; n < 100; n++) {
        await pair.source.run(`CREATE TABLE t${n} (id INT PRIMARY KEY, v INT)`);
        if (n % 10 === 0) await pair.source.run(`INSERT INTO t${n} VALUES (1, ${n})`);
      }
      const finished = await pair.command('snapshot', '--engine', engine);
      expect(finished.code, finished.stderr.slice(-3000)).toBe(0);
      expect(finished.stdout).toContain('100 tables, 10 rows');
      expect(await pair.rows('SHOW TABLES')).toHaveLength(100);
      expect(await pair.rows('SELECT v FROM t90')).toEqual(['90']);
    } finally {
      await pair.drop();
      await pair.close();
    }
  });
});
