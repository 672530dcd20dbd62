import { TailraceError } from './errors.ts';
import { MariadbGtidSet, type MariadbGtid } from './gtid-set-mariadb.ts';
import { MysqlGtidSet, normaliseIntervals } from './gtid-set-mysql.ts';
import type { Gtid, GtidFlavor, GtidSet } from './gtid-set.ts';

/*
 * Notations, as the servers print and accept them (white space anywhere between parts):
 *
 * MySQL    uuid:1-3:7            numbers and ranges, inclusive
 *          uuid:1-3:tag:1-2:9    since 8.3: what follows a tag belongs to it, up to the next tag
 *          …,\nuuid2:1           @@gtid_executed breaks its lines after each comma
 * MariaDB  0-1-100,1-2-3         domain-server-sequence, one for each domain
 */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TAG = /^[a-z_][a-z0-9_]{0,31}$/;
const INTERVAL = /^(\d+)(?:\s*-\s*(\d+))?$/;
const MARIADB_GTID = /^(\d+)-(\d+)-(\d+)$/;
const MAX_UINT32 = 0xffff_ffff;

export function emptyGtidSet(flavor: GtidFlavor): GtidSet {
  return flavor === 'mysql' ? new MysqlGtidSet() : new MariadbGtidSet();
}

/** Reads a set in the server's notation; '' is the empty set. */
export function parseGtidSet(text: string, flavor: GtidFlavor): GtidSet {
  const members = text
    .split(',')
    .map((member) => member.trim().toLowerCase())
    .filter((member) => member !== '');
  return flavor === 'mysql' ? parseMysql(members, text) : parseMariadb(members, text);
}

/** As `parseGtidSet`, the flavor told by the notation. '' has none and is refused. */
export function parseAnyGtidSet(text: string): GtidSet {
  const first = text.split(',').find((member) => member.trim() !== '') ?? '';
  if (first === '') throw invalid(text, 'it is empty');
  return parseGtidSet(text, MARIADB_GTID.test(first.trim()) ? 'mariadb' : 'mysql');
}

export function formatGtid(gtid: Gtid): string {
  return gtid.flavor === 'mysql'
    ? `${gtid.source}:${gtid.number}`
    : `${gtid.domain}-${gtid.server}-${gtid.sequence}`;
}

function parseMysql(members: readonly string[], text: string): GtidSet {
  const pairs = new Map<string, number[]>();
  for (const member of members) {
    const [uuid = '', ...parts] = member.split(':').map((part) => part.trim());
    if (!UUID.test(uuid)) throw invalid(text, `"${uuid}" is not a server's UUID`);
    readMysqlMember(uuid, parts, { pairs, text });
  }
  return new MysqlGtidSet(
    new Map([...pairs].map(([source, numbers]) => [source, normaliseIntervals(numbers)])),
  );
}

function readMysqlMember(
  uuid: string,
  parts: readonly string[],
  into: { readonly pairs: Map<string, number[]>; readonly text: string },
): void {
  let source = uuid;
  let isAwaitingInterval = true;
  for (const part of parts) {
    const interval = INTERVAL.exec(part);
    if (interval !== null) {
      const first = toNumber(interval[1], into.text);
      const last = toNumber(interval[2] ?? interval[1], into.text);
      if (first === 0 || last < first) throw invalid(into.text, `"${part}" is not an interval`);
      const numbers = into.pairs.get(source);
      if (numbers === undefined) into.pairs.set(source, [first, last]);
      else numbers.push(first, last);
      isAwaitingInterval = false;
    } else if (TAG.test(part) && (source === uuid || !isAwaitingInterval)) {
      source = `${uuid}:${part}`;
      isAwaitingInterval = true;
    } else {
      throw invalid(into.text, `"${part}" is neither a number, nor a range, nor a tag`);
    }
  }
  if (isAwaitingInterval) throw invalid(into.text, `"${source}" has no number`);
}

function parseMariadb(members: readonly string[], text: string): GtidSet {
  const byDomain = new Map<number, MariadbGtid>();
  for (const member of members) {
    const match = MARIADB_GTID.exec(member);
    if (match === null) throw invalid(text, `"${member}" is not domain-server-sequence`);
    const domain = toNumber(match[1], text);
    const server = toNumber(match[2], text);
    if (domain > MAX_UINT32 || server > MAX_UINT32) {
      throw invalid(text, `"${member}": domain and server have 32 bits`);
    }
    if (byDomain.has(domain)) throw invalid(text, `domain ${domain} stands there twice`);
    byDomain.set(domain, {
      flavor: 'mariadb',
      domain,
      server,
      sequence: toNumber(match[3], text),
    });
  }
  return new MariadbGtidSet(byDomain);
}

function toNumber(digits: string | undefined, text: string): number {
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) throw invalid(text, `${digits ?? ''} is too large`);
  return value;
}

function invalid(text: string, why: string): TailraceError {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new TailraceError('POSITION_INVALID', `"${shown}" is not a GTID set: ${why}`);
}
