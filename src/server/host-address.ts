import { TailraceError } from '../core/errors.ts';

/** Where a server listens: `db.example:3306`, `[::1]:3306`, `unix:/run/mysqld.sock`. */
export type HostAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'socket'; readonly path: string };

const DEFAULT_PORT = 3306;
const BRACKETED = /^\[([^\]]+)\](?::(\d+))?$/;
const PLAIN = /^([^:]+)(?::(\d+))?$/;

export function parseHostAddress(text: string): HostAddress {
  if (text.startsWith('unix:')) return { kind: 'socket', path: text.slice('unix:'.length) };
  const match = BRACKETED.exec(text) ?? PLAIN.exec(text);
  // An address of IPv6 without brackets and without a port.
  if (match === null && /^[0-9a-f:.]+$/i.test(text) && text.includes('::')) {
    return { kind: 'tcp', host: text, port: DEFAULT_PORT };
  }
  const port = match?.[2] === undefined ? DEFAULT_PORT : Number(match[2]);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new TailraceError('CONFIG_INVALID', `not a host address: ${text}`, {
      next: 'Write host:port, [::1]:port or unix:/path.',
    });
  }
  return { kind: 'tcp', host: match[1], port };
}
