import type { GtidFlavor } from '../../../core/gtid-set.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { readOptionalText } from '../../../server/row-reader.ts';

/** Which server of a cluster was read last, and what there was to know of it. */
export interface SourceIdentity {
  readonly flavor: GtidFlavor;
  /** MySQL: server_uuid. MariaDB has none: its server id, which replication keeps unique. */
  readonly id: string;
  readonly host: string;
  /** A primary: when it becomes read-only, another host has taken its place. */
  readonly isWritable: boolean;
  /** MariaDB: gtid_binlog_state, every server that ever wrote there with its last number. */
  readonly binlogState: string;
}

/** What a task remembers of its source between attempts and, where it has a state file, between runs. */
export interface SourceMemory {
  recall(): SourceIdentity | undefined;
  remember(identity: SourceIdentity): void;
  /** The server whose head was asked for: offsets of another one cannot be compared with it. */
  headId: string | undefined;
}

export async function identifySource(connection: ServerConnection): Promise<SourceIdentity> {
  const { flavor, serverId, serverUuid, host, isReadOnly } = connection.info;
  return {
    flavor,
    id: serverUuid ?? String(serverId),
    host,
    isWritable: !isReadOnly,
    binlogState: flavor === 'mariadb' ? await readBinlogState(connection) : '',
  };
}

export async function readBinlogState(connection: ServerConnection): Promise<string> {
  const [row] = await connection.query('SELECT @@GLOBAL.gtid_binlog_state AS state');
  return readOptionalText(row, 'state') ?? '';
}

/** Of one process: for a task without a state file. */
export function createSourceMemory(): SourceMemory {
  let known: SourceIdentity | undefined;
  return {
    headId: undefined,
    recall: () => known,
    remember: (identity) => {
      known = identity;
    },
  };
}
