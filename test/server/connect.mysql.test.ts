import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import { connectServer, type ServerConnection } from '../../src/server/connect.ts';
import type { ServerOptions } from '../../src/server/connect-options.ts';
import { readOptionalText, readText } from '../../src/server/row-reader.ts';
import { portOf, rootOf, SERVER_NAMES, type ServerName } from './servers.ts';

const PASSWORD = "s3cr'et \\ 密";
const open: ServerConnection[] = [];

async function connect(options: ServerOptions) {
  const connection = await connectServer(options, 'source');
  open.push(connection);
  return connection;
}

async function refusal(options: ServerOptions, end: 'source' | 'target' = 'source') {
  const error = await connectServer(options, end).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(TailraceError);
  return error as TailraceError;
}

/** Makes the user anew, without leaving a trace in the binlog. */
async function createUser(server: ServerName, user: string, identified: string) {
  const root = await connect(rootOf(server));
  await root.run('SET sql_log_bin = 0');
  const [found] = await root.query('SELECT COUNT(*) AS n FROM mysql.user WHERE user = ?', [user]);
  if (readText(found, 'n') !== '0') await root.run(`DROP USER ${user}@'%'`);
  await root.run(`CREATE USER ${user}@'%' ${identified}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

afterEach(() => {
  for (const connection of open.splice(0)) connection.destroy();
});

describe.each(SERVER_NAMES)('connectServer to %s', (server) => {
  it('says what server it is', async () => {
    const { info } = await connect(rootOf(server));
    expect(info.flavor).toBe(server.startsWith('mariadb') ? 'mariadb' : 'mysql');
    expect(info.host).toBe(`127.0.0.1:${portOf(server)}`);
    expect(String(info.versionNumber)).toMatch(/^(506|507|907|1011|1108)\d\d$/);
    expect(info.serverId).toBeGreaterThan(0);
    expect(info.serverUuid === undefined).toBe(info.flavor === 'mariadb');
    expect(info.isReadOnly).toBe(false);
  });

  it('gives values as the server wrote them, in UTC', async () => {
    const connection = await connect(rootOf(server));
    const [row] = await connection.query(
      "SELECT CAST('0000-00-00' AS DATE) AS d, 18446744073709551615 AS n, 1.50 AS m," +
        " FROM_UNIXTIME(86400) AS t, ? AS s, _utf8mb4'😀' AS e",
      ["a'b\\c"],
    );
    expect(row).toMatchObject({
      n: '18446744073709551615',
      m: '1.50',
      t: '1970-01-02 00:00:00',
      s: "a'b\\c",
      e: '😀',
    });
  });

  it('runs several statements in one packet', async () => {
    const connection = await connectServer(rootOf(server), 'target', { multipleStatements: true });
    open.push(connection);
    const results = await connection.runMany('SET @a = 1; SET @b = 2; DO 1');
    expect(results).toHaveLength(3);
    const one = await connection.runMany('SET @a = 1');
    expect(one).toHaveLength(1);
  });

  it('names a wrong password without showing it', async () => {
    await createUser(server, 'a_wrong', `IDENTIFIED BY ${quoted(PASSWORD)}`);
    const error = await refusal(rootOf(server, { user: 'a_wrong', password: 'hunter2' }), 'target');
    expect(error.code).toBe('TARGET_ACCESS_DENIED');
    expect(error.place).toEqual({ host: `127.0.0.1:${portOf(server)}`, errno: 1045 });
    expect(JSON.stringify([error.message, error.cause, error.stack])).not.toContain('hunter2');
  });

  it('names an unknown database', async () => {
    const attempt = connectServer(rootOf(server), 'target', { database: 'a_nowhere' });
    await expect(attempt).rejects.toMatchObject({ code: 'TARGET_TABLE_MISSING' });
  });

  it('fails what is under way and tells its owner when it is killed', async () => {
    const connection = await connect(rootOf(server));
    const killer = await connect(rootOf(server));
    const lost = new Promise<TailraceError>((resolve) => connection.onLost(resolve));
    const sleeping = connection.query('SELECT SLEEP(100)');
    const failed = expect(sleeping).rejects.toMatchObject({ isTransient: true });
    await killer.run(`KILL ${connection.threadId}`);
    await failed;
    expect((await lost).code).toBe('SOURCE_CONNECTION_LOST');
    expect(connection.isAlive).toBe(false);
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({
      code: 'SOURCE_CONNECTION_LOST',
    });
  });

  it('settles a statement under way when it is destroyed', async () => {
    const connection = await connect(rootOf(server));
    const sleeping = connection.query('SELECT SLEEP(100)');
    connection.destroy();
    await expect(sleeping).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_LOST' });
  });

  it('closes with a goodbye', async () => {
    const connection = await connect(rootOf(server));
    let isLost = false;
    connection.onLost(() => (isLost = true));
    await connection.close();
    expect(connection.isAlive).toBe(false);
    expect(isLost).toBe(false);
  });
});

describe('hosts', () => {
  it('passes over a host that is away', async () => {
    const options = rootOf('mysql57', { hosts: ['127.0.0.1:1', `127.0.0.1:${portOf('mysql57')}`] });
    expect((await connect(options)).info.host).toBe(`127.0.0.1:${portOf('mysql57')}`);
  });

  it('names every host when all are away', async () => {
    const error = await refusal(rootOf('mysql57', { hosts: ['127.0.0.1:1', '127.0.0.1:2'] }));
    expect(error.code).toBe('SOURCE_UNREACHABLE');
    expect(error.message).toMatch(/127\.0\.0\.1:1.*127\.0\.0\.1:2/);
  });

  it('does not try the next after a refusal', async () => {
    const hosts = [`127.0.0.1:${portOf('mysql57')}`, `127.0.0.1:${portOf('mysql97')}`];
    const error = await refusal(rootOf('mysql57', { hosts, user: 'a_nobody', password: 'x' }));
    expect(error.place.host).toBe(`127.0.0.1:${portOf('mysql57')}`);
  });

  it('reaches a socket', async () => {
    const tcp = await connect(rootOf('mysql57'));
    const [row] = await tcp.query('SELECT @@socket AS path');
    const path = readText(row, 'path');
    const { info } = await connect(rootOf('mysql57', { hosts: [`unix:${path}`] }));
    expect(info.host).toBe(`unix:${path}`);
  });

  it('stops trying when aborted', async () => {
    const attempt = connectServer(rootOf('mysql57'), 'source', { signal: AbortSignal.abort() });
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
    const controller = new AbortController();
    const later = connectServer(rootOf('mysql57'), 'source', { signal: controller.signal });
    controller.abort();
    await expect(later).rejects.toMatchObject({ name: 'AbortError' });
  });
});

interface Account {
  readonly server: ServerName;
  readonly plugin: string;
  readonly identified: string;
  readonly tls: readonly ServerOptions['tls'][];
}

const text = quoted(PASSWORD);
const ACCOUNTS: readonly Account[] = [
  {
    server: 'mysql56',
    plugin: 'native',
    identified: `IDENTIFIED BY ${text}`,
    tls: ['disabled'],
  },
  {
    server: 'mysql57',
    plugin: 'native',
    identified: `IDENTIFIED WITH mysql_native_password BY ${text}`,
    tls: ['disabled', 'required'],
  },
  {
    server: 'mysql57',
    plugin: 'sha256',
    identified: `IDENTIFIED WITH sha256_password BY ${text}`,
    tls: ['disabled', 'required'],
  },
  {
    server: 'mysql97',
    plugin: 'caching_sha2',
    identified: `IDENTIFIED WITH caching_sha2_password BY ${text}`,
    tls: ['disabled', 'required'],
  },
  {
    server: 'mysql97',
    plugin: 'sha256',
    identified: `IDENTIFIED WITH sha256_password BY ${text}`,
    tls: ['disabled', 'required'],
  },
  {
    server: 'mariadb10',
    plugin: 'native',
    identified: `IDENTIFIED VIA mysql_native_password USING PASSWORD(${text})`,
    tls: ['disabled'],
  },
  {
    server: 'mariadb10',
    plugin: 'ed25519',
    identified: `IDENTIFIED VIA ed25519 USING PASSWORD(${text})`,
    tls: ['disabled'],
  },
  {
    server: 'mariadb11',
    plugin: 'ed25519',
    identified: `IDENTIFIED VIA ed25519 USING PASSWORD(${text})`,
    tls: ['disabled', 'required'],
  },
];

describe.each(ACCOUNTS)('$plugin on $server', ({ server, plugin, identified, tls }) => {
  const user = `a_${plugin}`;

  it.each(tls)('logs in with tls %s, again, and not with another password', async (mode) => {
    if (plugin === 'ed25519') {
      const root = await connect(rootOf(server));
      await root.run("INSTALL PLUGIN IF NOT EXISTS ed25519 SONAME 'auth_ed25519'");
    }
    await createUser(server, user, identified);
    const options = rootOf(server, { user, password: PASSWORD, tls: mode });
    const [row] = await (await connect(options)).query('SELECT CURRENT_USER() AS me');
    expect(readText(row, 'me')).toBe(`${user}@%`);
    await connect(options);
    const wrong = await refusal({ ...options, password: 'another' });
    expect(wrong.code).toBe('SOURCE_ACCESS_DENIED');
  });
});

describe.each(['mysql57', 'mysql97', 'mariadb11'] as const)('TLS to %s', (server) => {
  let ca: string;
  let cipherOf: (options: ServerOptions) => Promise<string>;

  beforeAll(async () => {
    const root = await connectServer(rootOf(server), 'source');
    const [row] = await root.query('SELECT @@datadir AS folder, @@ssl_ca AS ca');
    const file = (readOptionalText(row, 'ca') ?? '') || 'ca.pem';
    await root.close();
    ca = server === 'mariadb11' ? '' : readFileSync(`${readText(row, 'folder')}${file}`, 'utf8');
    cipherOf = async (options) => {
      const [status] = await (await connect(options)).query("SHOW STATUS LIKE 'Ssl_cipher'");
      return readText(status, 'Value');
    };
  });

  it('encrypts with required, whatever the certificate', async () => {
    expect(await cipherOf(rootOf(server, { tls: 'required' }))).not.toBe('');
    expect(await cipherOf(rootOf(server))).toBe('');
  });

  it('refuses a chain that it does not know', async () => {
    for (const tls of ['verify-ca', 'verify-identity'] as const) {
      const error = await refusal(rootOf(server, { tls }));
      expect(error.code).toBe('SOURCE_TLS');
    }
  });

  it('checks with verify-ca the chain only, with verify-identity the name too', async () => {
    if (server === 'mariadb11') return;
    expect(await cipherOf(rootOf(server, { tls: 'verify-ca', tlsCa: ca }))).not.toBe('');
    const error = await refusal(rootOf(server, { tls: 'verify-identity', tlsCa: ca }));
    expect(error.code).toBe('SOURCE_TLS');
    expect(error.message).toContain('127.0.0.1');
  });
});

describe('TLS to a server without it', () => {
  it('is refused', async () => {
    const error = await refusal(rootOf('mysql56', { tls: 'required' }));
    expect(error.code).toBe('SOURCE_TLS');
  });
});
