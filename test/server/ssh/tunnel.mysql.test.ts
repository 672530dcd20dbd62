import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TailraceError } from '../../../src/core/errors.ts';
import { connectServer } from '../../../src/server/connect.ts';
import type { ServerOptions } from '../../../src/server/connect-options.ts';
import { fingerprintOf } from '../../../src/server/ssh/host-key.ts';
import type { SshOptions } from '../../../src/server/ssh/ssh-options.ts';
import { SshServer } from '../../support/ssh-server.ts';
import { waitFor } from '../../support/wait-for.ts';
import { rootOf } from '../servers.ts';

let bastion: SshServer;
let jump: SshServer;

beforeAll(async () => {
  bastion = await SshServer.start();
  jump = await SshServer.start();
});
afterAll(() => {
  bastion.close();
  jump.close();
});

function ssh(server: SshServer, more: Partial<SshOptions> = {}): SshOptions {
  return {
    host: `127.0.0.1:${server.port}`,
    user: 'ops',
    privateKey: server.clientKey,
    passphrase: undefined,
    password: undefined,
    hostKeySha256: fingerprintOf(server.hostKey),
    knownHosts: undefined,
    jump: undefined,
    ...more,
  };
}

const byPassword = { privateKey: undefined, password: SshServer.PASSWORD };

function through(options: SshOptions, more: Partial<ServerOptions> = {}): ServerOptions {
  return rootOf('mysql57', { ssh: options, ...more });
}

async function refusal(options: ServerOptions): Promise<TailraceError> {
  const thrown: unknown = await connectServer(options, 'source').then(
    (connection) => {
      connection.destroy();
      return undefined;
    },
    (error: unknown) => error,
  );
  if (thrown instanceof TailraceError) return thrown;
  throw new Error(`not refused, but ${String(thrown)}`);
}

describe('a connection through SSH', () => {
  it.each([
    ['by key, pinned by fingerprint', () => ssh(bastion)],
    ['by password', () => ssh(bastion, byPassword)],
    [
      'pinned by known_hosts',
      () => ssh(bastion, { hostKeySha256: undefined, knownHosts: bastion.knownHost }),
    ],
    ['through a jump host', () => ssh(bastion, { jump: ssh(jump, byPassword) })],
  ])('%s', async (_name, options) => {
    const before = bastion.logins;
    const connection = await connectServer(through(options()), 'source');
    expect(await connection.query('SELECT 1 AS one')).toEqual([{ one: '1' }]);
    expect(bastion.logins).toBe(before + 1);
    await connection.close();
    await waitFor('the tunnel to end', () => bastion.connections === 0 && jump.connections === 0);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('tailrace-ssh-'))).toEqual([]);
  });

  it('another host key is refused, with the one that it has and the command that shows it', async () => {
    const pinned = fingerprintOf(Buffer.from('another'));
    const error = await refusal(through(ssh(bastion, { hostKeySha256: pinned })));
    expect(error.code).toBe('SOURCE_SSH');
    expect(error.message).toContain(fingerprintOf(bastion.hostKey));
    expect(error.message).toContain(`ssh-keyscan -p ${bastion.port} 127.0.0.1 | ssh-keygen -lf -`);
  });

  it('a host that is not in known_hosts is refused, and nothing was sent to it', async () => {
    const before = bastion.logins;
    const unknown = { hostKeySha256: undefined, knownHosts: jump.knownHost, ...byPassword };
    const error = await refusal(through(ssh(bastion, unknown)));
    expect(error.code).toBe('SOURCE_SSH');
    expect(error.message).toContain('is not in known_hosts');
    expect(bastion.logins).toBe(before);
  });

  it.each([
    ['a wrong password', { privateKey: undefined, password: 'wrong' }],
    ['a key that it does not know', { privateKey: 'the jump host’s' }],
    ['an account that it does not have', { user: 'nobody' }],
  ])('%s is refused for good', async (_name, more) => {
    const privateKey =
      'privateKey' in more && more.privateKey !== undefined ? jump.clientKey : undefined;
    const wrong = privateKey === undefined ? more : { privateKey };
    const error = await refusal(through(ssh(bastion, wrong)));
    expect(error.code).toBe('SOURCE_SSH');
    expect(error.isTransient).toBe(false);
  });

  it('a key that cannot be read is refused for good', async () => {
    const error = await refusal(through(ssh(bastion, { privateKey: 'no key' })));
    expect(error.code).toBe('SOURCE_SSH');
  });

  it('a server behind it that is away may come back, and its name is said', async () => {
    const error = await refusal(through(ssh(bastion), { hosts: ['127.0.0.1:1'] }));
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', isTransient: true });
    expect(error.message).toContain('127.0.0.1:1');
    expect(error.message).toContain('cannot reach it');
  });

  it('an SSH server that is away may come back', async () => {
    const error = await refusal(through(ssh(bastion, { host: '127.0.0.1:1' })));
    expect(error).toMatchObject({ code: 'SOURCE_UNREACHABLE', isTransient: true });
    expect(error.message).toContain('the SSH server 127.0.0.1:1 does not answer');
  });

  it('a connection whose SSH connection breaks is lost like any other', async () => {
    const connection = await connectServer(through(ssh(bastion)), 'source');
    const waiting = connection.query('SELECT SLEEP(30)');
    bastion.cut();
    await expect(waiting).rejects.toMatchObject({ code: 'SOURCE_CONNECTION_LOST' });
  });
});
