import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { TlsMode } from './connect-options.ts';
import type { HostAddress } from './host-address.ts';

/** What `required`, `verify-ca` and `verify-identity` ask of a server's certificate. */
export interface TlsPolicy {
  readonly mode: Exclude<TlsMode, 'disabled'>;
  readonly ca: string | undefined;
  readonly address: HostAddress;
}

/** The inside of a driver's connection that is needed here; the driver's version is pinned. */
export interface UpgradableConnection {
  stream: Socket;
  packetParser: { execute(chunk: Buffer): unknown };
  startTLS(onSecure: (error?: Error) => void): void;
  _handleNetworkError(error: Error): void;
}

/**
 * Replaces the driver's own upgrade to TLS, which must happen before its handshake begins (so in the
 * same tick as the connection is made). The driver's compares an address such as 10.0.0.5 with
 * 'localhost', and takes up sessions of earlier connections without looking at the certificate.
 * The certificate is judged before a byte of the credentials is sent.
 */
export function installTls(connection: UpgradableConnection, policy: TlsPolicy): void {
  const secureContext = createContext(policy);
  connection.startTLS = (onSecure) => {
    const plain = connection.stream;
    plain.removeAllListeners('data');
    connection.stream = upgrade(connection, { plain, policy, secureContext, onSecure });
  };
}

interface Upgrade {
  readonly plain: Socket;
  readonly policy: TlsPolicy;
  readonly secureContext: SecureContext;
  readonly onSecure: (error?: Error) => void;
}

function upgrade(connection: UpgradableConnection, options: Upgrade): TLSSocket {
  const { plain, policy, secureContext, onSecure } = options;
  const name = identityOf(policy.address);
  let isSecure = false;
  const socket = connect({
    socket: plain,
    secureContext,
    rejectUnauthorized: policy.mode !== 'required',
    // Server names of TLS may not be addresses.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_host, certificate) =>
      policy.mode === 'verify-identity' ? checkIdentity(name, certificate) : undefined,
  });
  socket.once('secureConnect', () => {
    isSecure = true;
    onSecure();
  });
  socket.on('error', (error: Error) => {
    if (isSecure) connection._handleNetworkError(error);
    else onSecure(error);
  });
  socket.on('data', (chunk: Buffer) => {
    connection.packetParser.execute(chunk);
  });
  return socket;
}

function createContext(policy: TlsPolicy): SecureContext {
  return createSecureContext(policy.ca === undefined ? {} : { ca: policy.ca });
}

/** A server behind a socket is on this machine. */
function identityOf(address: HostAddress): string {
  return address.kind === 'tcp' ? address.host : 'localhost';
}

/**
 * Whether the certificate is of `host`. Certificates that servers make for themselves name an address
 * in the common name, or as a DNS name, where the standard asks for an address entry: taken, as the
 * servers' own clients take it, but only where there is no address entry that says otherwise.
 */
export function checkIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const refusal = checkServerIdentity(host, certificate);
  if (refusal === undefined || isIP(host) === 0) return refusal;
  const names = certificate.subjectaltname ?? '';
  if (/IP Address:/i.test(names)) return refusal;
  const isDnsName = names.split(', ').includes(`DNS:${host}`);
  // The type says text, but a repeated common name comes as a list.
  const commonNames = [certificate.subject.CN].flat();
  const isCommonName = names === '' && commonNames.includes(host);
  return isDnsName || isCommonName ? undefined : refusal;
}
