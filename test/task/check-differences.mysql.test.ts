import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTasks, type CheckFinding } from '../../src/task/check.ts';
import { startOwnServer, type OwnServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, Workspace, type TaskSetup } from '../support/tailrace.ts';

const DB = 'h_differ';

/** What one end has and the other has not, though each is right by itself. */
describe('ends that differ', () => {
  let source: OwnServer;
  let target: OwnServer;
  let from: Sql;
  let to: Sql;

  beforeAll(async () => {
    source = startOwnServer(
      '97',
      '--sql-mode=STRICT_TRANS_TABLES,PIPES_AS_CONCAT',
      '--default-time-zone=+02:00',
      '--collation-server=utf8mb4_bin',
      '--binlog-expire-logs-seconds=86400',
    );
    target = startOwnServer('11', '--sql-mode=ANSI_QUOTES', '--default-time-zone=+00:00');
    from = await openSql(source);
    to = await openSql(target);
    await from.run(
      `CREATE DATABASE ${DB} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
      `CREATE TABLE ${DB}.good (id INT PRIMARY KEY, v VARCHAR(20), x FLOAT, UNIQUE (v))`,
      `CREATE TABLE ${DB}.folded (id INT PRIMARY KEY, v VARCHAR(20) NOT NULL DEFAULT 'it''s', UNIQUE u (v))`,
      `CREATE TABLE ${DB}.padded (v VARCHAR(20) COLLATE utf8mb4_0900_bin PRIMARY KEY)`,
      `CREATE TABLE ${DB}.narrow (a INT, b INT, PRIMARY KEY (a, b))`,
      `CREATE TABLE ${DB}.begins (id INT PRIMARY KEY, v VARCHAR(100), UNIQUE u (v))`,
      `CREATE TABLE ${DB}.wider (a INT PRIMARY KEY, b INT NOT NULL)`,
      `CREATE TABLE ${DB}.extra (id INT PRIMARY KEY)`,
    );
    await to.run(
      `CREATE DATABASE ${DB} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
      `CREATE TABLE ${DB}.good (id INT PRIMARY KEY, v VARCHAR(20) COLLATE utf8mb4_bin, x FLOAT, UNIQUE (v))`,
      `CREATE TABLE ${DB}.folded (id INT PRIMARY KEY, v VARCHAR(20) NOT NULL DEFAULT 'it''s', UNIQUE u (v))`,
      `CREATE TABLE ${DB}.padded (v VARCHAR(20) COLLATE utf8mb4_bin PRIMARY KEY)`,
      `CREATE TABLE ${DB}.narrow (a INT, b INT, PRIMARY KEY (a, b), UNIQUE only_b (b))`,
      `CREATE TABLE ${DB}.begins (id INT PRIMARY KEY, v VARCHAR(100), UNIQUE u (v(10)))`,
      `CREATE TABLE ${DB}.wider (a INT, b INT NOT NULL, PRIMARY KEY (a, b), UNIQUE (b, a))`,
      `CREATE TABLE ${DB}.extra (id INT PRIMARY KEY, more INT)`,
    );
  });
  afterAll(async () => {
    await from.close();
    await to.close();
    source.destroy();
    target.destroy();
  });

  async function withFile<T>(setup: Partial<TaskSetup>, use: (config: string) => Promise<T>) {
    const workspace = new Workspace();
    try {
      const task = { name: 'h-differ', include: [`${DB}.*`], start: 'now', source, target };
      workspace.write({ ...task, ...setup });
      return await use(workspace.config);
    } finally {
      workspace.remove();
    }
  }

  const { signal } = new AbortController();
  const check = (setup: Partial<TaskSetup> = {}): Promise<readonly CheckFinding[]> =>
    withFile(setup, (config) => checkTasks({ config, signal }));

  const clashes = (findings: readonly CheckFinding[]): string[] =>
    findings
      .filter(({ code }) => code === 'UNIQUE_KEY_CLASH')
      .map(({ finding }) => /unique key \S+ \(.*?\) of \S+/.exec(finding)?.[0] ?? finding)
      .sort();

  it('names unique keys that will clash, and only those', async () => {
    expect(clashes(await check())).toEqual([
      `unique key PRIMARY (v) of ${DB}.padded`,
      `unique key only_b (b) of ${DB}.narrow`,
      `unique key u (v(…)) of ${DB}.begins`,
      `unique key u (v) of ${DB}.folded`,
    ]);
  });

  it('names settings that differ, rows written otherwise, and what they mean', async () => {
    const findings = await check();
    const texts = new Map(findings.map(({ code, finding }) => [code, finding]));
    expect(texts.get('SQL_MODE_DIFFERS')).toMatch(
      /lacks PIPES_AS_CONCAT, STRICT_TRANS_TABLES and has ANSI_QUOTES/,
    );
    expect(texts.get('TIME_ZONE_DIFFERS')).toMatch(/\+00:00.*on the source \+02:00.*120 minutes/);
    expect(texts.get('COLLATION_DIFFERS')).toContain('on the source utf8mb4_bin');
    expect(texts.get('DATABASE_COLLATION_DIFFERS')).toContain('utf8mb4_general_ci');
    expect(texts.get('NEGATIVE_ZERO')).toContain(`${DB}.good`);
    expect(texts.get('ROWS_AS_SQL')).toContain(`${DB}.extra`);
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('refuses apply = "rows" to an account that may not hand on row images, with the grant', async () => {
    await to.run(
      "CREATE USER h_images@'%' IDENTIFIED BY 'h-images'",
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, TRIGGER, EVENT, PROCESS ON *.* TO h_images@'%'",
    );
    const rights = (apply: string): Promise<readonly CheckFinding[]> =>
      check({
        target: undefined as never,
        tail: `[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "h_images"
password = "h-images"
apply = "${apply}"
`,
      });
    const find = (findings: readonly CheckFinding[]): CheckFinding | undefined =>
      findings.find(({ code }) => code === 'ROW_IMAGES_REFUSED');
    expect(find(await rights('auto'))).toMatchObject({ severity: 'note', end: 'target' });
    const refused = find(await rights('rows'));
    expect(refused).toMatchObject({ severity: 'error', end: 'target' });
    expect(refused?.fixSql).toMatch(/^GRANT BINLOG REPLAY ON \*\.\* TO /);
    await to.run(refused?.fixSql ?? '');
    const granted = await rights('rows');
    expect(find(granted)).toBeUndefined();
    const logsText = granted.find(({ code }) => code === 'TARGET_LOGS_TEXT');
    expect(logsText).toMatchObject({ severity: 'note', end: 'target' });
    await to.run(logsText?.fixSql ?? '');
    expect((await rights('rows')).map(({ code }) => code)).not.toContain('TARGET_LOGS_TEXT');
  });

  it('tells of a target that refuses LOAD DATA, where the copy would use it', async () => {
    const native = { tail: '[task.snapshot]\nengine = "native"\n' };
    const refused = async (setup: Partial<TaskSetup>): Promise<CheckFinding | undefined> =>
      (await check(setup)).find(({ code }) => code === 'LOAD_DATA_REFUSED');
    await to.run('SET GLOBAL local_infile = OFF');
    expect(await refused({})).toBeUndefined();
    const finding = await refused(native);
    expect(finding).toMatchObject({ severity: 'note', end: 'target' });
    await to.run(finding?.fixSql ?? '');
    expect(await refused(native)).toBeUndefined();
  });

  it('tells of a position that the source is about to purge', async () => {
    const status = await from.rows('SHOW BINARY LOG STATUS');
    const { File, Position } = status[0] as { File: string; Position: string };
    await from.run('FLUSH BINARY LOGS', `INSERT INTO ${DB}.wider VALUES (1, 1)`);
    await from.run('FLUSH BINARY LOGS');
    await withFile({ start: '' }, async (config) => {
      const set = await runTailrace(['position', 'set', `${File}:${Position}`, '-c', config]);
      expect(set.code, set.stderr).toBe(0);
      await from.run(`PURGE BINARY LOGS TO '${File}'`);
      const findings = await checkTasks({ config, signal });
      const short = findings.find(({ code }) => code === 'RETENTION_SHORT');
      expect(short).toMatchObject({ severity: 'warning', end: 'source' });
      expect(short?.finding).toContain(`it is in ${File}, the oldest file`);
      expect(short?.fixSql).toBe('SET GLOBAL binlog_expire_logs_seconds = 172800;');
    });
  });

  it('is mended by what --fix-sql prints, end by end', async () => {
    await withFile({}, async (config) => {
      const before = await runTailrace(['check', '-c', config, '--fix-sql']);
      let end = from;
      for (const line of before.stdout.split('\n').filter((text) => text !== '')) {
        if (line.startsWith('-- ')) end = line.startsWith('-- source') ? from : to;
        else await end.run(line);
      }
    });
    const findings = await check();
    expect(clashes(findings)).toEqual([]);
    const left = findings.map(({ code }) => code);
    for (const mended of [
      'SQL_MODE_DIFFERS',
      'TIME_ZONE_DIFFERS',
      'COLLATION_DIFFERS',
      'DATABASE_COLLATION_DIFFERS',
    ]) {
      expect(left).not.toContain(mended);
    }
    expect(await to.value(`SELECT DEFAULT(v) FROM ${DB}.folded`)).toBeNull();
    const [shown] = await to.rows(`SHOW CREATE TABLE ${DB}.folded`);
    expect(String(shown?.['Create Table'])).toMatch(
      /[`"]v[`"] .*utf8mb4_bin NOT NULL DEFAULT 'it''s'/,
    );
  });
});
