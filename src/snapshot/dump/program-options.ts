import type { TableName } from '../../core/table.ts';
import type { ServerOptions } from '../../server/connect-options.ts';
import type { HostAddress } from '../../server/host-address.ts';

export interface DumpOptions {
  readonly server: Pick<ServerOptions, 'user' | 'password' | 'tls'>;
  /** Of the host whose view this is part of. */
  readonly address: HostAddress;
  /** File with the authorities to trust. */
  readonly caPath: string | undefined;
  readonly databases: readonly string[];
  readonly ignored: readonly TableName[];
}

/**
 * The option file, handed to the program through a pipe: the password stands neither on a command line
 * nor on a disk. `loose-` goes before what not every version knows.
 *
 * Rows only: definitions come from SHOW CREATE TABLE. `binary` makes the source send each text in the
 * character set that its column has. The program takes no locks and asks for no position: it opens its
 * view while we hold the lock.
 */
export function optionFile(options: DumpOptions): string {
  const { server, address, caPath } = options;
  const lines = [
    '[client]',
    `user=${quote(server.user)}`,
    `password=${quote(server.password)}`,
    ...(address.kind === 'tcp'
      ? [`host=${quote(address.host)}`, `port=${address.port}`, 'protocol=TCP']
      : [`socket=${quote(address.path)}`, 'protocol=SOCKET']),
    ...tlsLines(tlsOf(server.tls, address), caPath),
    '[mysqldump]',
    'single-transaction',
    'skip-lock-tables',
    'quick',
    'no-create-info',
    'no-create-db',
    'skip-triggers',
    'skip-add-locks',
    'skip-disable-keys',
    'skip-set-charset',
    'complete-insert',
    'hex-blob',
    'comments',
    'tz-utc',
    'loose-no-tablespaces',
    'default-character-set=binary',
    'net-buffer-length=1M',
    'max-allowed-packet=1G',
    'loose-column-statistics=0',
    'loose-set-gtid-purged=OFF',
    'loose-get-server-public-key',
  ];
  return `${lines.join('\n')}\n`;
}

export function programArguments(options: DumpOptions): string[] {
  return [
    ...options.ignored.map(({ database, table }) => `--ignore-table=${database}.${table}`),
    '--databases',
    ...options.databases,
  ];
}

const SSL_MODES: Readonly<Record<ServerOptions['tls'], string>> = {
  disabled: 'DISABLED',
  required: 'REQUIRED',
  'verify-ca': 'VERIFY_CA',
  'verify-identity': 'VERIFY_IDENTITY',
};

/** The near end of a tunnel has no name that a certificate could bear: the authority is asked for, and SSH for the host. */
function tlsOf(tls: ServerOptions['tls'], { kind }: HostAddress): ServerOptions['tls'] {
  return kind === 'socket' && tls === 'verify-identity' ? 'verify-ca' : tls;
}

/** Both families' words: each passes over the other's. */
function tlsLines(tls: ServerOptions['tls'], caPath: string | undefined): readonly string[] {
  const mode = `loose-ssl-mode=${SSL_MODES[tls]}`;
  if (tls === 'disabled') return [mode, 'loose-skip-ssl'];
  const verify = tls === 'verify-identity' ? ['loose-ssl-verify-server-cert'] : [];
  return [
    mode,
    'loose-ssl',
    ...verify,
    ...(caPath === undefined ? [] : [`ssl-ca=${quote(caPath)}`]),
  ];
}

/** A value of an option file: in quotes a backslash still escapes. */
function quote(value: string): string {
  const escaped = value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}
