import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import {
  fileText,
  hostAddress,
  identifier,
  nonEmpty,
  positionText,
  secret,
  secretFile,
  tcpAddress,
  type FieldContext,
} from './fields.ts';

const TLS_MODES = ['disabled', 'required', 'verify-ca', 'verify-identity'] as const;
export const DDL_POLICIES = ['apply', 'ignore', 'stop'] as const;
export const CONFLICT_POLICIES = ['stop', 'overwrite', 'skip'] as const;
export const APPLY_WAYS = ['auto', 'rows', 'sql', 'in_order'] as const;

const LOOPBACK = /^(?:unix:|localhost(?::|$)|127\.\d+\.\d+\.\d+(?::|$)|\[::1\])/;

/** The keys that source and target have in common. */
function serverKeys(context: FieldContext) {
  return {
    hosts: z
      .array(hostAddress)
      .min(1, 'names no host')
      .describe('One cluster, in order of preference: `host:port`, `unix:/path`.'),
    user: nonEmpty.describe('Account on the server.'),
    password: secret(context)
      .prefault('')
      .describe('`{ env = "NAME" }`, `{ file = "PATH" }`; a plain string works, `check` warns.'),
    tls: z
      .enum(TLS_MODES)
      .optional()
      .describe('Default: `verify-identity`; on loopback and sockets `disabled`.'),
    tls_ca: fileText(context).optional().describe('PEM file of the authorities to trust.'),
    ssh: ssh(context).optional().describe('Reach the hosts through this machine.'),
  };
}

function ssh(context: FieldContext) {
  return z
    .strictObject({
      ...sshKeys(context),
      jump: z
        .strictObject(sshKeys(context))
        .transform(camelKeys)
        .optional()
        .describe('Reach that SSH server through another one: the same keys.'),
    })
    .transform(camelKeys);
}

function sshKeys(context: FieldContext) {
  return {
    host: tcpAddress.describe('`host:port` of the SSH server.'),
    user: nonEmpty.describe('Account there.'),
    private_key: secretFile(context).optional().describe('Key file; this or `password`.'),
    passphrase: secret(context).optional().describe('Of the key file, where it has one.'),
    password: secret(context).optional().describe('This or `private_key`.'),
    host_key_sha256: z
      .string()
      .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'not SHA256:… as ssh-keygen -l prints it')
      .optional()
      .describe('Fingerprint of the host key; this or `known_hosts`.'),
    known_hosts: fileText(context).optional().describe('File of known host keys.'),
  };
}

interface WithTls {
  readonly hosts: readonly string[];
  readonly tls?: (typeof TLS_MODES)[number] | undefined;
  readonly tls_ca?: string | undefined;
}

/** Plain text by itself only where it can't leave the machine. */
function withTlsDefault<T extends WithTls>(server: T) {
  const isLocal = server.hosts.every((host) => LOOPBACK.test(host));
  const tls = isLocal && server.tls_ca === undefined ? 'disabled' : 'verify-identity';
  return { ...server, tls: server.tls ?? tls, tls_ca: server.tls_ca };
}

export function sourceSchema(context: FieldContext) {
  return z
    .strictObject({
      ...serverKeys(context),
      server_id: z
        .int()
        .min(0)
        .max(0xffff_ffff)
        .default(0)
        .describe('Replica id. 0: derived from task, state_dir and host, kept in the state.'),
      start: positionText
        .optional()
        .describe('A position, used when there is no checkpoint anywhere.'),
      heartbeat_seconds: z
        .number()
        .min(0.1)
        .max(3600)
        .default(5)
        .describe('A source that is silent for three of these is connected anew.'),
    })
    .transform((source) => camelKeys(withTlsDefault(source)));
}

export function targetSchema(context: FieldContext) {
  return z
    .strictObject({
      ...serverKeys(context),
      ddl: z.enum(DDL_POLICIES).default('apply').describe('What becomes of DDL.'),
      on_conflict: z
        .enum(CONFLICT_POLICIES)
        .default('stop')
        .describe('An insert that meets a key, an update or delete that finds no row.'),
      apply: z
        .enum(APPLY_WAYS)
        .default('auto')
        .describe(
          'How rows are written: as the source logged them, merged (rows), as statements (sql), one by one (in_order), or what is fastest where it may be (auto).',
        ),
      lanes: z
        .int()
        .min(1)
        .max(64)
        .default(1)
        .describe(
          'Connections on which groups that have nothing in common are written at once; they commit in the order of the source.',
        ),
      sql_log_bin: z.boolean().default(true).describe("Write to the target's own binlog."),
      allow_nontransactional: z
        .boolean()
        .default(false)
        .describe('Allow MyISAM, Aria, MEMORY on the target: at least once only.'),
      state_database: identifier
        .default('tailrace')
        .describe('Holds the checkpoint, written in the transaction of the rows.'),
    })
    .transform((target) => camelKeys(withTlsDefault(target)));
}
