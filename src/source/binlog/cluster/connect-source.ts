import { toTailraceError, type TailraceError } from '../../../core/errors.ts';
import type { Position } from '../../../core/position.ts';
import { connectServer, type ServerConnection } from '../../../server/connect.ts';
import type { ServerOptions } from '../../../server/connect-options.ts';
import { noHostFits } from '../../../server/no-host-fits.ts';
import { judgeMariadb } from './judge-mariadb.ts';
import { judgeMysql } from './judge-mysql.ts';
import { identifySource, type SourceIdentity, type SourceMemory } from './source-identity.ts';
import { unproven } from './verdicts.ts';

export interface ConnectSourceOptions {
  readonly server: ServerOptions;
  /** Where reading goes on. */
  readonly from: Position;
  readonly memory: SourceMemory;
  readonly signal: AbortSignal;
  /** A host was refused, and another one is taken. */
  readonly onPassedOver?: (reason: TailraceError) => void;
}

export interface ChosenSource {
  readonly connection: ServerConnection;
  readonly identity: SourceIdentity;
}

/** What a host may be refused for while another one can still do. */
const PASSED_OVER = [
  'SOURCE_BEHIND',
  'SOURCE_MISSES_TRANSACTIONS',
  'SOURCE_ERRANT_TRANSACTIONS',
  'SOURCE_POSITION_PURGED',
  'SOURCE_POSITION_UNKNOWN',
];

/**
 * Logs in at the first host of the cluster at which reading can go on. The server that was read last needs no proof;
 * any other one must show that it has the same history. Where a primary was read, a host that can be written to comes
 * before the read-only ones.
 */
export async function connectSource(options: ConnectSourceOptions): Promise<ChosenSource> {
  const { server, memory, signal } = options;
  const known = memory.recall();
  const failures: TailraceError[] = [];
  const readOnly: ChosenSource[] = [];
  for (const host of server.hosts) {
    try {
      const chosen = await tryHost({ ...server, hosts: [host] }, options);
      const isSecond = known?.isWritable === true && !chosen.identity.isWritable;
      if (!isSecond || server.hosts.length === 1) {
        discard(readOnly);
        return say(chosen, failures, options);
      }
      readOnly.push(chosen);
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = toTailraceError(thrown).at({ host });
      if (!failure.isTransient && !PASSED_OVER.includes(failure.code)) {
        discard(readOnly);
        throw failure;
      }
      failures.push(failure);
    }
  }
  const [first, ...rest] = readOnly;
  discard(rest);
  if (first !== undefined) return say(first, failures, options);
  throw noHostFits(failures, 'source');
}

function say(
  chosen: ChosenSource,
  failures: readonly TailraceError[],
  { onPassedOver }: ConnectSourceOptions,
): ChosenSource {
  for (const failure of failures) onPassedOver?.(failure);
  return chosen;
}

async function tryHost(
  server: ServerOptions,
  { from, memory, signal }: ConnectSourceOptions,
): Promise<ChosenSource> {
  const connection = await connectServer(server, 'source', { signal });
  try {
    const identity = await identifySource(connection);
    await judge({ connection, server, identity, from, known: memory.recall(), signal });
    return { connection, identity };
  } catch (thrown) {
    connection.destroy();
    throw thrown;
  }
}

interface Candidate {
  readonly connection: ServerConnection;
  readonly server: ServerOptions;
  readonly identity: SourceIdentity;
  readonly from: Position;
  readonly known: SourceIdentity | undefined;
  readonly signal: AbortSignal;
}

async function judge(candidate: Candidate): Promise<void> {
  const { connection, server, identity, from, known, signal } = candidate;
  if (known === undefined || known.id === identity.id) return;
  if (from.kind !== 'gtid') {
    throw unproven(connection, 'a file and an offset mean nothing there');
  }
  if (known.flavor !== identity.flavor) throw unproven(connection, 'of another family');
  if (identity.flavor === 'mariadb') await judgeMariadb(connection, from.gtidSet, known);
  else await judgeMysql({ connection, server, done: from.gtidSet, signal });
}

function discard(chosen: readonly ChosenSource[]): void {
  for (const { connection } of chosen) connection.destroy();
}
