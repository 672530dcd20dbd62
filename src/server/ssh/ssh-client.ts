import type { Duplex } from 'node:stream';
import type { Client, ConnectConfig } from 'ssh2';
import { abortReason } from '../../lib/until-aborted.ts';
import type { ServerEnd } from '../connect-options.ts';
import { parseHostAddress, type HostAddress } from '../host-address.ts';
import { refuseHostKey, type SshAddress } from './host-key.ts';
import { sshAway, sshRefusal } from './ssh-error.ts';
import type { SshOptions } from './ssh-options.ts';

export interface SshContext {
  readonly end: ServerEnd;
  readonly signal: AbortSignal | undefined;
}

/** A login that takes longer counts as a server that is away. */
const READY_TIMEOUT_MS = 20_000;
/** A peer that vanished without a word is noticed after three of these. */
const KEEP_ALIVE_MS = 10_000;

/** One logged-in SSH connection, with those that it goes through. */
export class SshConnection {
  readonly address: SshAddress;
  readonly #client: Client;
  readonly #jump: SshConnection | undefined;

  constructor(client: Client, address: SshAddress, jump: SshConnection | undefined) {
    this.#client = client;
    this.address = address;
    this.#jump = jump;
  }

  /** A stream to an address as the SSH server sees it. */
  forward(to: HostAddress): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, stream: Duplex): void => {
        if (error === undefined) resolve(stream);
        else reject(error);
      };
      // ssh2 throws where its connection is gone already.
      if (to.kind === 'socket') this.#client.openssh_forwardOutStreamLocal(to.path, done);
      else this.#client.forwardOut('127.0.0.1', 0, to.host, to.port, done);
    });
  }

  onClose(listener: () => void): void {
    this.#client.once('close', listener);
  }

  close(): void {
    this.#client.destroy();
    this.#jump?.close();
  }
}

/** Logs in; the host key is judged before anything of the account is sent. */
export async function connectSsh(options: SshOptions, context: SshContext): Promise<SshConnection> {
  const address = sshAddress(options.host);
  const jump = options.jump === undefined ? undefined : await connectSsh(options.jump, context);
  try {
    const sock = jump === undefined ? undefined : await through(jump, address, context);
    const client = await login(options, { address, sock, context });
    return new SshConnection(client, address, jump);
  } catch (thrown) {
    jump?.close();
    throw thrown;
  }
}

function sshAddress(host: string): SshAddress {
  const address = parseHostAddress(host);
  // The configuration takes no other kind.
  return address.kind === 'tcp' ? address : { host: address.path, port: 22 };
}

async function through(jump: SshConnection, to: SshAddress, { end }: SshContext): Promise<Duplex> {
  try {
    return await jump.forward({ kind: 'tcp', ...to });
  } catch (cause) {
    const from = `${jump.address.host}:${jump.address.port}`;
    const message = `the jump host ${from} cannot reach ${to.host}:${to.port}: ${textOf(cause)}`;
    throw sshAway(message, end, { place: { host: `${to.host}:${to.port}` }, cause });
  }
}

interface Login {
  readonly address: SshAddress;
  readonly sock: Duplex | undefined;
  readonly context: SshContext;
}

async function login(options: SshOptions, { address, sock, context }: Login): Promise<Client> {
  const { end, signal } = context;
  const place = { host: `${address.host}:${address.port}` };
  // Loaded where it is used: nobody else pays for it at the start.
  const { Client } = await import('ssh2');
  signal?.throwIfAborted();
  const client = new Client();
  let refusedKey: string | undefined;
  const config: ConnectConfig = {
    ...address,
    ...(sock === undefined ? {} : { sock }),
    ...accountOf(options),
    readyTimeout: READY_TIMEOUT_MS,
    keepaliveInterval: KEEP_ALIVE_MS,
    hostVerifier: (key: Buffer): boolean => {
      refusedKey = refuseHostKey(key, address, options);
      return refusedKey === undefined;
    },
  };
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      client.destroy();
      if (signal !== undefined) reject(abortReason(signal));
    };
    signal?.addEventListener('abort', abort, { once: true });
    const fail = (thrown: unknown): void => {
      signal?.removeEventListener('abort', abort);
      client.destroy();
      if (refusedKey !== undefined) reject(sshRefusal(refusedKey, end, place));
      else if (isRefusal(thrown)) {
        const who = `${options.user}@${address.host}:${address.port}`;
        reject(sshRefusal(`${who}: ${textOf(thrown)}`, end, place));
      } else {
        const message = `the SSH server ${place.host} does not answer: ${textOf(thrown)}`;
        reject(sshAway(message, end, { place, cause: thrown }));
      }
    };
    // Stays for good: an error of a connection that is in use is followed by its close.
    client.on('error', fail);
    client.once('close', () => {
      fail(new Error('it closed the connection'));
    });
    client.once('ready', () => {
      signal?.removeEventListener('abort', abort);
      resolve(client);
    });
    try {
      client.connect(config);
    } catch (thrown) {
      // A key that cannot be read, or a passphrase that is missing.
      client.on('error', () => undefined);
      reject(sshRefusal(textOf(thrown), end, place));
    }
  });
}

function accountOf({ user, privateKey, passphrase, password }: SshOptions): ConnectConfig {
  return {
    username: user,
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(password === undefined ? {} : { password }),
  };
}

function isRefusal(thrown: unknown): boolean {
  return (thrown as { level?: unknown }).level === 'client-authentication';
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
