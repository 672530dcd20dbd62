import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  startOwnServer,
  testServer,
  type ServerName,
  type TestServer,
} from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import {
  commandLine,
  runTailrace,
  startTailrace,
  Workspace,
  type Finished,
  type Running,
} from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const SOURCES: readonly ServerName[] = ['src56', 'src57', 'src97', 'src10', 'src11'];
const STACK = /\n\s+at .*:\d+:\d+|node:internal|Warning:/;
/** Every character that has a meaning in a URL, in a shell or in SQL. */
const PASSWORD = `p@ss:w/r%41d?#&'"ü=+ ]`;

type Json = Record<string, unknown>;

const linesOf = (stdout: string): Json[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Json);

/** Where the server stands, as `file:offset`. */
async function here(sql: Sql): Promise<string> {
  const [row] = await sql
    .rows('SHOW MASTER STATUS')
    .catch(() => sql.rows('SHOW BINARY LOG STATUS'));
  return `${String(row?.['File'])}:${String(row?.['Position'])}`;
}

async function makeAccount(sql: Sql, name: string, password: string, more = ''): Promise<void> {
  await sql.run(`DROP USER IF EXISTS '${name}'@'%'`).catch(async () => {
    await sql.run(`DROP USER '${name}'@'%'`).catch(() => undefined);
  });
  const quoted = sql.connection.escape(password);
  await sql.run(`CREATE USER '${name}'@'%' IDENTIFIED BY ${quoted}`);
  const grants = 'SELECT, REPLICATION SLAVE, REPLICATION CLIENT';
  await sql.run(`GRANT ${grants} ON *.* TO '${name}'@'%' ${more}`.trim());
}

async function makeDatabase(sql: Sql, name: string): Promise<void> {
  await sql.run(`DROP DATABASE IF EXISTS ${name}`, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
}

const workspaces: Workspace[] = [];
const children: ChildProcess[] = [];

function start(args: readonly string[]): Running {
  const running = startTailrace(args);
  children.push(running.child);
  return running;
}

function workspace(): Workspace {
  const made = new Workspace();
  workspaces.push(made);
  return made;
}
afterEach(() => {
  // Those of a test that failed half-way.
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const one of workspaces.splice(0)) one.remove();
});

describe.each(SOURCES)('tail of %s by URL', (name) => {
  const server = testServer(name);
  let sql: Sql;
  let from: string;
  beforeAll(async () => {
    sql = await openSql(server);
    await makeDatabase(sql, 'tail_a');
    await makeDatabase(sql, 'tail_b');
    await makeAccount(sql, 'tail_user', PASSWORD);
    await sql.run('CREATE TABLE tail_b.secret (id INT PRIMARY KEY)');
    from = await here(sql);
    await sql.run(
      name.startsWith('src1')
        ? 'SET binlog_annotate_row_events = 1'
        : 'SET binlog_rows_query_log_events = 1',
      'CREATE TABLE tail_a.t (id INT PRIMARY KEY, v VARCHAR(20))',
      'CREATE TABLE tail_a.u_1 (id INT PRIMARY KEY)',
      'CREATE TABLE tail_a.u_x (id INT PRIMARY KEY)',
      "INSERT INTO tail_a.t VALUES (1, 'é')",
      'INSERT INTO tail_b.secret VALUES (1)',
      'INSERT INTO tail_a.u_1 VALUES (5)',
      'INSERT INTO tail_a.u_x VALUES (6)',
      "UPDATE tail_a.t SET v = 'two' WHERE id = 1",
      'DELETE FROM tail_a.t',
    );
  });
  afterAll(async () => {
    await sql.close();
  });

  const url = (more = ''): string =>
    `mysql://tail_user:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}/${more}`;
  const tables = ['--include', 'tail_a.t', '--include', '/^tail_a\\.u_\\d+$/'];

  it('prints Maxwell, canal and Debezium; keeps to --include and --exclude; leaves nothing behind', async () => {
    const home = workspace();
    const cwd = join(home.dir, 'cwd');
    mkdirSync(cwd);
    chmodSync(cwd, 0o555);
    const args = ['--from', from, '--until', 'head'];
    const bare = `mysql://tail_user@127.0.0.1:${server.port}`;
    const [maxwell, canal, debezium] = await Promise.all([
      run(['tail', bare, ...tables, ...args, '--ddl', '--row-query'], {
        cwd,
        env: { TAILRACE_PASSWORD: PASSWORD },
      }),
      run(
        [
          'tail',
          url(),
          ...args,
          '--include',
          'tail_a.*',
          '--exclude',
          'tail_a.u*',
          '--exclude',
          'tail_b.*',
          '--format',
          'canal',
        ],
        { cwd },
      ),
      run(['tail', url(), ...args, ...tables, '--format', 'debezium', '--keys'], { cwd }),
    ]);
    for (const { code, stderr } of [maxwell, canal, debezium]) {
      expect([code, stderr]).toEqual([0, '']);
    }
    const rows = linesOf(maxwell.stdout);
    expect(rows.map(({ type, table, data }) => [type, table, data])).toEqual([
      ['table-create', 't', undefined],
      ['table-create', 'u_1', undefined],
      ['insert', 't', { id: 1, v: 'é' }],
      ['insert', 'u_1', { id: 5 }],
      ['update', 't', { id: 1, v: 'two' }],
      ['delete', 't', { id: 1, v: 'two' }],
    ]);
    expect(rows[4]).toMatchObject({ old: { v: 'é' } });
    expect(rows[4]?.['query']).toMatch(/^UPDATE tail_a\.t SET v = 'two'/);
    const flat = linesOf(canal.stdout);
    expect(flat.map(({ type, table }) => [type, table])).toEqual([
      ['INSERT', 't'],
      ['UPDATE', 't'],
      ['DELETE', 't'],
    ]);
    expect(flat[0]?.['data']).toEqual([{ id: '1', v: 'é' }]);
    const changes = linesOf(debezium.stdout) as { key: unknown; value: Json; headers: Json }[];
    const operations = changes.map(
      ({ value }) => ((value['payload'] as Json | undefined) ?? value)['op'],
    );
    expect(operations).toEqual(['c', 'c', 'u', 'd']);
    for (const one of changes) {
      expect(Object.keys(one)).toEqual(['key', 'value', 'headers']);
      expect(one.headers).toMatchObject({ 'tailrace-part': '1/1' });
    }
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('says what is wrong with a password or certificate, with exit code 4, and never the password', async () => {
    const wrong = `mysql://tail_user:wrong-pa55word@127.0.0.1:${server.port}/`;
    const attempts = [
      runTailrace(['tail', wrong, '--until', 'head']),
      runTailrace(['tail', url('?tls=verify-identity'), '--until', 'head']),
    ];
    const [denied, tls] = await Promise.all(attempts);
    expect([denied?.code, denied?.stderr]).toEqual([
      4,
      expect.stringContaining('SOURCE_ACCESS_DENIED'),
    ]);
    expect([tls?.code, tls?.stderr]).toEqual([4, expect.stringContaining('SOURCE_TLS')]);
    const said = [denied, tls].map((end) => `${end?.stdout}${end?.stderr}`).join('');
    expect(said).not.toMatch(/wrong-pa55word|w\/r|%41d|%2541d/);
    expect(said).not.toMatch(STACK);
  });
});

describe.each(['src57', 'src97', 'src11'] as const)('tail of %s over TLS', (name) => {
  const server = testServer(name);

  it('by ?tls= and ?tls_ca=, as the account asks for', async () => {
    const sql = await openSql(server);
    await makeAccount(sql, 'tail_tls', 'tls-pa55', name === 'src97' ? '' : 'REQUIRE SSL');
    if (name === 'src97') await sql.run("ALTER USER 'tail_tls'@'%' REQUIRE SSL");
    await sql.close();
    const url = `mysql://tail_tls:tls-pa55@127.0.0.1:${server.port}/`;
    const end = (more: string): Promise<Finished> =>
      runTailrace(['tail', `${url}${more}`, '--until', 'head']);
    const authority = encodeURIComponent(join(server.datadir, 'ca.pem'));
    const own = name === 'src11' ? '' : `?tls=verify-ca&tls_ca=${authority}`;
    const [plain, required, ca] = await Promise.all([
      end(''),
      end('?tls=required'),
      end(own === '' ? '?tls=verify-ca' : own),
    ]);
    expect([plain.code, plain.stderr]).toEqual([4, expect.stringMatching(/ACCESS_DENIED|TLS/)]);
    expect([required.code, required.stderr]).toEqual([0, '']);
    // MariaDB makes its certificate itself, and nobody vouches for it.
    expect(ca.code).toBe(name === 'src11' ? 4 : 0);
    expect(plain.stderr + ca.stderr).not.toContain('tls-pa55');
  });
});

describe('the reader of tail', () => {
  const server = testServer('src10');
  const url = `mysql://root@127.0.0.1:${server.port}/`;
  let sql: Sql;
  beforeAll(async () => {
    sql = await openSql(server);
    await makeDatabase(sql, 'tail_c');
    await sql.run('USE tail_c', 'CREATE TABLE t (id INT PRIMARY KEY, v LONGTEXT)');
  });
  afterAll(async () => {
    await sql.close();
  });

  const bash = (script: string): Promise<Finished> =>
    collect(spawn('bash', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] }));
  const shell = (args: readonly string[]): string =>
    commandLine(args)
      .map((word) => `'${word}'`)
      .join(' ');

  it('may close the pipe: tail ends with 0 and says nothing', async () => {
    const from = await here(sql);
    await sql.run("INSERT INTO tail_c.t SELECT seq, REPEAT('x', 200) FROM seq_1_to_5000");
    const command = shell(['tail', url, '--include', 'tail_c.*', '--from', from]);
    const { stdout, stderr } = await bash(`${command} | head -1; echo "code \${PIPESTATUS[0]}"`);
    expect(stdout).toMatch(/^\{"database":"tail_c".*\}\ncode 0\n$/);
    expect(stderr).toBe('');
  });

  it('may have closed standard output or error, or have a full disk', async () => {
    const from = await here(sql);
    await sql.run("REPLACE INTO tail_c.t VALUES (1, 'x')");
    const command = shell([
      'tail',
      url,
      '--include',
      'tail_c.*',
      '--from',
      from,
      '--until',
      'head',
    ]);
    const full = await bash(`${command} > /dev/full; echo "code $?"`);
    expect(full.stdout).toBe('code 1\n');
    expect(full.stderr).toMatch(/Standard output cannot be written: ENOSPC/);
    const closed = await bash(`${command} 2>&-; echo "code $?"; ${command} >&-; echo "code $?"`);
    expect(closed.stdout).toMatch(/^\{.*\}\ncode 0\ncode 0\n$/);
    expect(full.stderr + closed.stderr).not.toMatch(STACK);
  });

  it('may be slow: memory stays flat, and it gets every line', async () => {
    const from = await here(sql);
    for (let batch = 0; batch < 20; batch++) {
      const first = 10_000 + batch * 1000;
      await sql.run(
        `INSERT INTO tail_c.t SELECT seq, REPEAT(CHAR(97 + seq % 26), 5000) FROM seq_${first}_to_${first + 999}`,
      );
    }
    const args = ['tail', url, '--include', 'tail_c.*', '--from', from, '--until', 'head'];
    const [program, ...rest] = commandLine(args);
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let lines = 0;
    child.stdout.pause();
    // It has read what it may hold when its memory stops growing, with 100 MB to come.
    let last = -1;
    await waitFor('the source to be held back', async () => {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const now = residentMegabytes(child);
      const isFlat = now > 60 && Math.abs(now - last) < 2;
      last = now;
      return isFlat;
    });
    expect(residentMegabytes(child)).toBeLessThan(300);
    child.stdout.on('data', (chunk: Buffer) => {
      for (const byte of chunk) if (byte === 10) lines += 1;
    });
    child.stdout.resume();
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, lines]).toEqual([0, 20_000]);
    await sql.run('DROP DATABASE tail_c');
  });

  it('SIGTERM ends it with 0; a source that is away is tried again and said', async () => {
    const idle = start(['tail', url, '--include', 'tail_none.*']);
    const away = start(['tail', 'mysql://root:away-pa55@127.0.0.1:1/']);
    const unknown = start(['tail', 'mysql://root:away-pa55@no-such-host.invalid/']);
    for (const run of [away, unknown]) {
      await waitFor('tries', () => run.stderr().split('trying again').length > 3);
    }
    await waitFor('the idle one to be connected', async () => {
      const sessions = await sql.rows('SHOW PROCESSLIST');
      return sessions.some(({ Command }) => Command === 'Binlog Dump');
    });
    for (const run of [idle, away, unknown]) run.child.kill('SIGTERM');
    expect(await idle.finished).toMatchObject({ code: 0, stdout: '', stderr: '' });
    for (const run of [away, unknown]) {
      const { code, stderr } = await run.finished;
      expect([code, stderr]).toEqual([0, expect.stringContaining('SOURCE_UNREACHABLE')]);
      expect(stderr).not.toContain('away-pa55');
      expect(stderr).not.toMatch(STACK);
    }
  });
});

describe.each(['10', '97'] as const)('where tail begins (server %s)', (kind) => {
  let server: TestServer & { destroy(): void };
  let sql: Sql;
  beforeAll(async () => {
    server = startOwnServer(kind);
    sql = await openSql(server);
  });
  afterAll(async () => {
    await sql.close();
    server.destroy();
  });

  it('--from earliest, file:offset, GTID set, time, now; with the names of a configuration file', async () => {
    await makeDatabase(sql, 'tail_d');
    await sql.run('CREATE TABLE tail_d.t (id INT PRIMARY KEY)', 'INSERT INTO tail_d.t VALUES (1)');
    const gtid = await sql.value(
      kind === '97' ? 'SELECT @@gtid_executed' : 'SELECT @@gtid_binlog_pos',
    );
    const offset = await here(sql);
    const begun = Date.now();
    // Times in the binlog are whole seconds.
    await waitFor('the next second', async () => {
      const now = await sql.value('SELECT UNIX_TIMESTAMP()');
      return Number(now) > begun / 1000 + 1;
    });
    const time = new Date(Number(await sql.value('SELECT UNIX_TIMESTAMP()')) * 1000).toISOString();
    await sql.run(
      'INSERT INTO tail_d.t VALUES (2)',
      'FLUSH BINARY LOGS',
      'INSERT INTO tail_d.t VALUES (3)',
    );
    const url = `mysql://root@127.0.0.1:${server.port}`;
    const ids = async (position: string): Promise<unknown[]> => {
      const args = ['tail', url, '--include', 'tail_d.*', '--from', position, '--until', 'head'];
      const { code, stdout, stderr } = await runTailrace(args);
      expect([position, code, stderr]).toEqual([position, 0, '']);
      return linesOf(stdout).map(({ data }) => (data as Json)['id']);
    };
    const positions = ['earliest', offset, (gtid ?? '').replace(/\s/g, ''), time, 'now'];
    const seen = await Promise.all(positions.map(ids));
    expect(seen).toEqual([[1, 2, 3], [2, 3], [2, 3], [2, 3], []]);

    const home = workspace();
    home.write({
      source: server,
      include: ['tail_d.*'],
      tail: '[[task.table]]\nmatch = "tail_d.t"\nto = "crm.people"\nrename_columns = { id = "number" }\n',
    });
    const before = readdirSync(home.dir);
    const args = ['tail', '-c', home.config, '--from', offset, '--until', 'head'];
    const { code, stdout } = await runTailrace(args);
    expect(code).toBe(0);
    expect(linesOf(stdout)).toMatchObject([
      { database: 'crm', table: 'people', data: { number: 2 } },
      { database: 'crm', table: 'people', data: { number: 3 } },
    ]);
    // No state, though the file names a folder for it.
    expect(readdirSync(home.dir)).toEqual(before);
  });
});

function run(
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Record<string, string> },
): Promise<Finished> {
  const [program, ...rest] = commandLine(args);
  const env = { ...process.env, ...options.env };
  return collect(
    spawn(program, rest, { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

function collect(child: ChildProcess): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal, stdout, stderr });
    });
  });
}

function residentMegabytes(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
}
