import type { SourceConfig } from '../../config/schema.ts';
import { serverOptions } from '../../config/server-options.ts';
import type { Position } from '../../core/position.ts';
import type { Router } from '../../core/route.ts';
import { SchemaHistory } from '../../schema/schema-history.ts';
import { connectServer } from '../../server/connect.ts';
import type { KnownSchema } from '../../snapshot/copy-round.ts';
import { learnAt } from '../../source/binlog/schema-loader.ts';

export interface LearnSchemaOptions {
  readonly source: SourceConfig;
  readonly router: Router;
  /** The host that the position is of. */
  readonly host: string;
  readonly signal: AbortSignal;
}

/** What the source was at the view's position: a copy's tables, and the schema state of its checkpoint. */
export async function learnSchema(
  position: Position,
  { source, router, host, signal }: LearnSchemaOptions,
): Promise<KnownSchema> {
  const server = { ...serverOptions(source), hosts: [host] };
  const connection = await connectServer(server, 'source', { signal });
  try {
    const { flavor, versionNumber, lowerCaseTableNames } = connection.info;
    const history = new SchemaHistory({ flavor, versionNumber, lowerCaseTableNames });
    const { heartbeatSeconds } = source;
    const { captured, racing } = await learnAt({
      connection,
      history,
      from: position,
      isWanted: (name) => router.isIncluded(name),
      scan: { server, flavor, versionNumber, heartbeatSeconds, signal },
    });
    return { captured, racing, schema: history.state() };
  } finally {
    await connection.close();
  }
}
