import { formatGtid } from '../../../core/gtid-set-parse.ts';
import type { Gtid, GtidSet } from '../../../core/gtid-set.ts';
import type { ServerConnection } from '../../../server/connect.ts';
import { readBinlogState, type SourceIdentity } from './source-identity.ts';
import { errant, misses } from './verdicts.ts';

/** gtid_binlog_state: the last sequence number of each server in each domain. */
type BinlogState = ReadonlyMap<string, number>;

/**
 * Whether reading can go on at another MariaDB server of the cluster. Its binlog state must have each of our
 * last GTIDs, and nothing that the server wrote itself, in one of our domains, under a number that we have passed:
 * that number was another transaction's on the server that we read from. What is purged the server says itself.
 */
export async function judgeMariadb(
  connection: ServerConnection,
  done: GtidSet,
  known: SourceIdentity,
): Promise<void> {
  const state = parseState(await readBinlogState(connection));
  const wanted = gtidsOf(done);
  const missing = wanted.filter(
    ({ domain, server, sequence }) => (state.get(`${domain}-${server}`) ?? -1) < sequence,
  );
  if (missing.length > 0) throw await misses(connection, missing.map(formatGtid).join(','));
  const before = parseState(known.binlogState);
  const own = connection.info.serverId;
  const strangers = wanted.filter(({ domain, server, sequence }) => {
    const written = state.get(`${domain}-${own}`);
    return (
      own !== server &&
      written !== undefined &&
      written <= sequence &&
      (before.get(`${domain}-${own}`) ?? -1) < written
    );
  });
  if (strangers.length === 0) return;
  const texts = strangers.map(
    ({ domain }) => `${domain}-${own}-${state.get(`${domain}-${own}`) ?? 0}`,
  );
  throw errant(connection, texts.join(','));
}

function gtidsOf(set: GtidSet): readonly Extract<Gtid, { flavor: 'mariadb' }>[] {
  return set
    .toString()
    .split(',')
    .filter((text) => text !== '')
    .map((text) => {
      const [domain = 0, server = 0, sequence = 0] = text.split('-').map(Number);
      return { flavor: 'mariadb', domain, server, sequence };
    });
}

function parseState(text: string): BinlogState {
  const entries = text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  return new Map(
    entries.map((entry) => {
      const [domain = '', server = '', sequence = ''] = entry.split('-');
      return [`${domain}-${server}`, Number(sequence)];
    }),
  );
}
