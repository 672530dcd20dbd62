import { TailraceError, toTailraceError } from '../../core/errors.ts';
import type { ServerConnection } from '../../server/connect.ts';
import { isReplicating } from '../../server/is-replicating.ts';
import { noHostFits } from '../../server/no-host-fits.ts';
import { readCheckpointRecord } from './checkpoint-row.ts';
import { CHECKPOINT_TABLE, listTables, StateTables } from './state-database.ts';

/** Which server of the target's cluster was written to last, and how far. */
export interface TargetMemory {
  recall(): { readonly id: string; readonly seq: number } | undefined;
  remember(id: string): void;
}

export interface TargetCandidate {
  readonly task: string;
  readonly stateDatabase: string;
  readonly memory: TargetMemory | undefined;
  /** There is another host that can be asked. */
  readonly hasOthers: boolean;
}

/** MySQL: server_uuid. MariaDB has none: its server id, which replication keeps unique. */
export function targetIdOf({ info }: ServerConnection): string {
  return info.serverUuid ?? String(info.serverId);
}

/**
 * Refuses a host of the target's cluster that must not be written to: a read-only one, and another server than the
 * last whose checkpoint is behind what was committed there. Such a server lost transactions in a failover, or it is the
 * old primary that has come back; going on there would leave the rest of the cluster with another history.
 */
export async function refuseUnfit(
  connection: ServerConnection,
  { task, stateDatabase, memory, hasOthers }: TargetCandidate,
): Promise<void> {
  const { host, isReadOnly } = connection.info;
  const place = { host, task };
  if (hasOthers && isReadOnly) {
    throw new TailraceError('TARGET_UNAVAILABLE', `${host} is read-only`, { place });
  }
  const known = memory?.recall();
  if (known === undefined || known.id === targetIdOf(connection)) return;
  const seq = await readSeq(connection, stateDatabase, task);
  if (seq >= known.seq) return;
  const lacks = `${host} has the checkpoint of transaction ${seq}, and ${known.seq} was committed`;
  if (await isReplicating(connection)) {
    throw new TailraceError('TARGET_UNAVAILABLE', `${lacks}: it is still catching up`, { place });
  }
  throw new TailraceError('TARGET_MISSES_TRANSACTIONS', lacks, { place });
}

/** Before anything is written there: the state database may be missing. */
async function readSeq(
  connection: ServerConnection,
  stateDatabase: string,
  task: string,
): Promise<number> {
  const tables = await listTables(connection, stateDatabase);
  if (tables?.has(CHECKPOINT_TABLE) !== true) return 0;
  const record = await readCheckpointRecord(connection, new StateTables(stateDatabase), task);
  return record?.seq ?? 0;
}

/** The first host at which `open` succeeds; what is said of the others comes with the error, if none does. */
export async function firstFitting<T>(
  hosts: readonly string[],
  signal: AbortSignal,
  open: (host: string) => Promise<T>,
): Promise<T> {
  const failures: TailraceError[] = [];
  for (const host of hosts) {
    try {
      return await open(host);
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = toTailraceError(thrown).at({ host });
      if (!failure.isTransient && failure.code !== 'TARGET_MISSES_TRANSACTIONS') throw failure;
      failures.push(failure);
    }
  }
  throw noHostFits(failures, 'target');
}
