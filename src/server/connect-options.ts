import type { SshOptions } from './ssh/ssh-options.ts';

/** How to reach one end. Built from the configuration; `password` is already read from its place. */
export interface ServerOptions {
  /** In order of preference: `host:port`, `[::1]:3306` or `unix:/path`. */
  readonly hosts: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly tls: TlsMode;
  /** PEM text. */
  readonly tlsCa: string | undefined;
  /** The hosts are reached through this SSH server, which has to know them by these names. */
  readonly ssh?: SshOptions | undefined;
}

export const TLS_MODES = ['disabled', 'required', 'verify-ca', 'verify-identity'] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** Which end a connection belongs to: decides the error codes (SOURCE_… or TARGET_…). */
export type ServerEnd = 'source' | 'target';
