import { createHash } from 'node:crypto';
import { judgeHostKey } from './known-hosts.ts';
import type { SshOptions } from './ssh-options.ts';

export interface SshAddress {
  readonly host: string;
  readonly port: number;
}

/** Why a host key is refused, with the command that shows the key; undefined: it is the pinned one. */
export function refuseHostKey(
  key: Buffer,
  { host, port }: SshAddress,
  options: SshOptions,
): string | undefined {
  const fingerprint = fingerprintOf(key);
  const name = `${host}:${port}`;
  const look = `ssh-keyscan -p ${port} ${host} | ssh-keygen -lf - shows it`;
  const { hostKeySha256, knownHosts } = options;
  if (hostKeySha256 !== undefined) {
    if (hostKeySha256.replace(/=+$/, '') === fingerprint) return undefined;
    return `the host key of ${name} is ${fingerprint}, not the pinned ${hostKeySha256}; ${look}`;
  }
  switch (judgeHostKey(knownHosts ?? '', host, port, key)) {
    case 'known':
      return undefined;
    case 'unknown':
      return `the host key of ${name}, ${fingerprint}, is not in known_hosts; ${look}`;
    case 'changed':
      return `the host key of ${name} has changed: it is ${fingerprint}, and known_hosts has another; ${look}`;
    case 'revoked':
      return `the host key of ${name}, ${fingerprint}, is revoked in known_hosts`;
  }
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
