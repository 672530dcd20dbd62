import { captureSchema, type CapturedSchema } from '../../schema/capture.ts';
import type { Router } from '../../core/route.ts';
import { readNumber, readOptionalText } from '../../server/row-reader.ts';
import type { ServerConnection } from '../../server/connect.ts';
import type { ServerInfo } from '../../server/server-info.ts';
import { findSourceProblems } from '../../source/binlog/source-problems.ts';
import { readGlobalPrivileges } from '../../source/binlog/source-privileges.ts';
import { readSourceSettings } from '../../source/binlog/source-settings.ts';
import type { Problem } from './finding.ts';
import { readServerSettings, type ServerSettings } from './server-settings.ts';
import { readClockOffset } from './clock-offset.ts';

/** What a check keeps of the source when its connection is closed. */
export interface SourceView {
  readonly info: ServerInfo;
  readonly problems: readonly Problem[];
  readonly schema: CapturedSchema;
  readonly clockOffsetMs: number;
  /** Server ids of the replicas that are connected now. */
  readonly replicaIds: readonly number[];
  readonly isInnodbStrict: boolean;
  readonly settings: ServerSettings;
}

export async function viewSource(
  connection: ServerConnection,
  router: Router,
): Promise<SourceView> {
  const settings = await readSourceSettings(connection);
  const privileges = await readGlobalPrivileges(connection);
  const [strict] = await connection.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name = 'innodb_strict_mode'",
  );
  const schema = await captureSchema(connection, {
    includeTable: (name) => router.isIncluded(name),
  });
  const databases = [...new Set(schema.tables.map(({ database }) => database))];
  return {
    info: connection.info,
    problems: findSourceProblems(settings, privileges),
    schema,
    settings: await readServerSettings(connection, databases),
    clockOffsetMs: await readClockOffset(connection),
    replicaIds: await readReplicaIds(connection),
    isInnodbStrict: readOptionalText(strict, 'Value') !== 'OFF',
  };
}

async function readReplicaIds(connection: ServerConnection): Promise<readonly number[]> {
  const { flavor, versionNumber } = connection.info;
  const isRenamed = flavor === 'mysql' && versionNumber >= 80022;
  try {
    const rows = await connection.query(isRenamed ? 'SHOW REPLICAS' : 'SHOW SLAVE HOSTS');
    return rows.map((row) => readNumber(row, 'Server_id' in row ? 'Server_id' : 'Server_Id'));
  } catch (error) {
    // The privilege lacks, which is a finding of its own.
    if (!connection.isAlive) throw error;
    return [];
  }
}

/** Ours on the source: `isRunning` says that the task itself holds it at this moment. */
export function findServerIdProblem(
  view: SourceView,
  { serverId, isRunning }: { readonly serverId: number; readonly isRunning: boolean },
): readonly Problem[] {
  const advice = 'set another task.source.server_id';
  if (serverId === view.info.serverId) {
    const finding = `server id ${serverId} is that of the source itself: ${advice}`;
    return [{ severity: 'error', code: 'SOURCE_SERVER_ID_TAKEN', finding }];
  }
  if (isRunning || !view.replicaIds.includes(serverId)) return [];
  const finding = `another replica is connected with server id ${serverId}: ${advice}`;
  return [{ severity: 'error', code: 'SOURCE_SERVER_ID_TAKEN', finding }];
}
