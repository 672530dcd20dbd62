import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testServer } from '../support/servers.ts';
import { freePort } from '../support/free-port.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { runTailrace, startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

/** One of each kind, with characters that every form spells differently. */
const SECRETS = {
  source: 'Source-SEKRET 1+"é',
  target: 'Target-SEKRET/2%@:',
  passphrase: 'Phrase-SEKRET\\3',
  ssh: "Ssh-SEKRET'4",
  sasl: 'Sasl-SEKRET&5=',
  token: 'Token-SEKRET6',
  hook: 'Hook-SEKRET7',
  query: 'Query-SEKRET8',
  url: 'Url-SEKRET9',
} as const;

const ENV = {
  RED_SOURCE: SECRETS.source,
  RED_TOKEN: SECRETS.token,
  RED_SASL: SECRETS.sasl,
  TAILRACE_PASSWORD: SECRETS.url,
};
const USER = 'redaction_user';
const STATE = 'redaction_state';

/** As it is, in a URL, in JSON, in a heap, in base64. */
function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const heap = json.replaceAll('é', '\\u00e9');
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -1);
  return [...new Set([secret, encodeURIComponent(secret), encodeURI(secret), json, heap, base64])];
}

function leaksIn(text: string): readonly string[] {
  return Object.entries(SECRETS).flatMap(([kind, secret]) =>
    formsOf(secret)
      .filter((form) => text.includes(form))
      .map((form) => {
        const at = text.indexOf(form);
        return `${kind}: ${text.slice(Math.max(0, at - 120), at + 120)}`;
      }),
  );
}

const homes: Workspace[] = [];
let run: Running | undefined;

afterEach(async () => {
  run?.child.kill('SIGKILL');
  await run?.finished;
  run = undefined;
  for (const home of homes.splice(0)) home.remove();
});

function fileWith(text: string): Workspace {
  const home = new Workspace();
  homes.push(home);
  writeFileSync(home.config, text);
  return home;
}

/** Everything that a command says. */
async function said(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runTailrace(args, ENV);
  return `$ ${args[0] ?? ''}\n${stdout}\n${stderr}`;
}

it('the search finds what is planted', () => {
  expect(leaksIn('nothing')).toEqual([]);
  for (const secret of Object.values(SECRETS)) {
    for (const form of formsOf(secret)) expect(leaksIn(`x ${form} y`).length).toBeGreaterThan(0);
  }
});

describe('no secret in what is said of', () => {
  it.each([
    ['a string that does not end', `password = "${SECRETS.target}`],
    ['a key that is mistyped', `password = ""\npasword = '${SECRETS.target}'`],
    ['a wrong type', `password = ["${SECRETS.target}"]`],
    ['a secret in the place of another', `password = { env = "${SECRETS.url}" }`],
    ['a second value', `password = "${SECRETS.target}"\npassword = "${SECRETS.target}"`],
  ])('%s in the file', async (_, line) => {
    const home = fileWith(`[[task]]
name = "t"
[task.source]
hosts = ["root:${SECRETS.hook}@127.0.0.1:1", "mysql://u:${SECRETS.hook}@h/"]
user = "${USER}"
${line}
`);
    const text = await said(['check', '-c', home.config]);
    expect(text).toContain('CONFIG_INVALID');
    // The name of a variable is none.
    expect(leaksIn(text.replaceAll(`variable ${SECRETS.url}`, ''))).toEqual([]);
  });

  it('URLs on the command line', async () => {
    const url = `mysql://${USER}:${encodeURIComponent(SECRETS.target)}@127.0.0.1:1/`;
    const texts = await Promise.all([
      said(['tail', url, '--until', 'head', '--format', 'nonsense']),
      said(['tail', `${url}?nonsense=1`, '--until', 'head']),
      said(['tail', `mysql://${USER}:${SECRETS.source}@127.0.0.1:1:2/`]),
      said(['tail', url, '--from', url]),
      said(['run', url]),
      said(['run', '--nonsense', url]),
      said(['check', '-c', url]),
      said(['--help']),
      said(['tail', '--help']),
    ]);
    expect(leaksIn(texts.join('\n'))).toEqual([]);
  });
});

describe('no secret in what running tasks show', () => {
  const source = testServer('src57');
  const target = testServer('dst57');
  let from: Sql;
  let to: Sql;

  beforeAll(async () => {
    from = await openSql(source);
    to = await openSql(target);
    for (const [sql, password] of [
      [from, SECRETS.source],
      [to, SECRETS.target],
    ] as const) {
      await sql.run(
        `DROP USER IF EXISTS '${USER}'@'%'`,
        `CREATE USER '${USER}'@'%' IDENTIFIED BY ${sql.connection.escape(password)}`,
        `GRANT ALL ON *.* TO '${USER}'@'%'`,
        'DROP DATABASE IF EXISTS redaction',
        'CREATE DATABASE redaction',
        'CREATE TABLE redaction.t (id INT PRIMARY KEY, v VARCHAR(100))',
      );
    }
    await to.run(`DROP DATABASE IF EXISTS ${STATE}`);
  });
  afterAll(async () => {
    for (const sql of [from, to]) {
      await sql.run('DROP DATABASE IF EXISTS redaction', `DROP USER IF EXISTS '${USER}'@'%'`);
    }
    await to.run(`DROP DATABASE IF EXISTS ${STATE}`);
    await from.close();
    await to.close();
  });

  /** One that works, and one for each way of being refused. */
  function configuration(http: number): string {
    const end = (kind: string, port: number, password: string): string => `[task.${kind}]
hosts = ["127.0.0.1:${port}"]
user = "${USER}"
password = ${password}
`;
    const good = end('source', source.port, '{ env = "RED_SOURCE" }');
    const goodTarget = `${end('target', target.port, '{ file = "target" }')}state_database = "${STATE}"\n`;
    const task = (name: string, ...tables: string[]): string =>
      `[[task]]\nname = "${name}"\nstrategies = ["stream"${name === 'works' ? ', "inspect"' : ''}]\n[task.filter]\ninclude = ["redaction.*"]\n${tables.join('')}`;
    return `state_dir = "./state"
[log]
level = "trace"
[http]
listen = "127.0.0.1:${http}"
token = { env = "RED_TOKEN" }
${task(
  'works',
  `${good}start = "now"\n`,
  goodTarget,
  `[task.inspect]
every_seconds = 1
quick_every_seconds = 0
alarm_after = 1
webhook = "http://hook:${SECRETS.hook}@127.0.0.1:1/?token=${SECRETS.query}"
`,
)}${task('denied', end('source', source.port, `"${SECRETS.url}"`), 'start = "now"\n', goodTarget)}${task(
      'tunnel',
      end('source', source.port, `"${SECRETS.url}"`),
      `start = "now"
[task.source.ssh]
host = "127.0.0.1:${source.port}"
user = "${USER}"
private_key = "key"
passphrase = "${SECRETS.passphrase.replaceAll('\\', '\\\\')}"
host_key_sha256 = "SHA256:${'A'.repeat(43)}"
[task.source.ssh.jump]
host = "127.0.0.1:${source.port}"
user = "${USER}"
password = "${SECRETS.ssh}"
host_key_sha256 = "SHA256:${'A'.repeat(43)}"
`,
      goodTarget,
    )}${task(
      'broker',
      `${good}start = "now"\n`,
      `[task.kafka]
brokers = ["127.0.0.1:${source.port}"]
sasl = { mechanism = "plain", user = "${USER}", password = { env = "RED_SASL" } }
`,
      goodTarget,
    )}`;
  }

  function openHome(http: number): Workspace {
    const home = fileWith(configuration(http));
    writeFileSync(join(home.dir, 'target'), `${SECRETS.target}\n`);
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: {
        type: 'pkcs1',
        format: 'pem',
        cipher: 'aes-256-cbc',
        passphrase: SECRETS.passphrase,
      },
    });
    writeFileSync(join(home.dir, 'key'), privateKey, { mode: 0o600 });
    return home;
  }

  it('logs, HTTP, profiles, commands, state files', async () => {
    const http = await freePort();
    const home = openHome(http);
    run = startTailrace(['run', '-c', home.config], ENV);
    const get = async (path: string): Promise<string> => {
      const headers = { authorization: `Bearer ${SECRETS.token}` };
      const reply = await fetch(`http://127.0.0.1:${http}${path}`, { headers });
      return `GET ${path} ${reply.status}\n${await reply.text()}`;
    };
    await waitFor('the one that works', async () =>
      (await get('/status').catch(() => '')).includes('"streaming"'),
    );
    // A row value that is a secret elsewhere, in an error that names the row.
    await to.run(`REPLACE INTO redaction.t VALUES (1, 'in the way')`);
    await from.run(`DELETE FROM redaction.t`);
    await waitFor('an alarm', () => run?.stderr().includes('An alarm could not be told') === true);
    await from.run(`INSERT INTO redaction.t VALUES (1, ${from.connection.escape(SECRETS.source)})`);
    await waitFor('the conflict', () => run?.stderr().includes('TARGET_CONFLICT') === true);
    await waitFor('a fault of each', async () => {
      const reply = await fetch(`http://127.0.0.1:${http}/status`);
      const { tasks } = (await reply.json()) as { tasks: readonly { error: unknown }[] };
      return tasks.every(({ error }) => error !== null);
    });
    const seen: string[] = [];
    for (const path of ['/', '/status', '/history', '/metrics', '/healthz', '/readyz', '/no']) {
      seen.push(await get(path));
    }
    seen.push(await get('/debug/profile?seconds=0.2'));
    const heap = await get('/debug/heap');
    for (const name of ['works', 'denied', 'tunnel', 'broker']) {
      seen.push(await get(`/debug/profile?seconds=0.2&task=${name}`));
    }
    for (const args of [
      ['status'],
      ['status', '--json'],
      ['position', 'show', '--json'],
      ['position', 'set', 'binlog.999999:4', '--task', 'works', '--dry-run'],
      ['position', 'skip', '--reason', 'x', '--task', 'works', '--dry-run'],
      ['check'],
      ['check', '--fix-sql'],
      ['inspect', '--task', 'denied'],
    ]) {
      seen.push(await said([...args, '-c', home.config]));
    }
    run.child.kill('SIGTERM');
    const { stderr } = await run.finished;
    const state = join(home.dir, 'state');
    for (const name of readdirSync(state)) {
      seen.push(`FILE ${name}`, readFileSync(join(state, name), 'latin1'));
    }
    seen.push(stderr, heap);
    const everything = seen.join('\n');

    // It is all there: what is no secret shows.
    for (const word of [USER, 'SOURCE_ACCESS_DENIED', '"nodes":', 'GET /metrics 200']) {
      expect(everything).toContain(word);
    }
    expect(leaksIn(everything)).toEqual([]);
  });
});
