import { createHmac } from 'node:crypto';

/*
 * A line of known_hosts (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT):
 *   [@cert-authority | @revoked] PATTERNS TYPE BASE64-KEY [COMMENT]
 * PATTERNS: comma separated names with * and ?, !NAME takes back; [NAME]:PORT where the port is not 22;
 * or one hashed name, |1|BASE64-SALT|BASE64-HMAC-SHA1.
 */

export type KnownHostVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

interface KnownHost {
  readonly marker: string | undefined;
  readonly patterns: string;
  readonly key: Buffer;
}

/** What the file says of this key of that host. Host certificates are not looked at. */
export function judgeHostKey(
  knownHosts: string,
  host: string,
  port: number,
  key: Buffer,
): KnownHostVerdict {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const lines = knownHosts
    .split('\n')
    .map(parseLine)
    .filter((line) => line !== undefined)
    .filter((line) => matchesName(line.patterns, name));
  const same = lines.filter((line) => line.key.equals(key));
  if (same.some((line) => line.marker === '@revoked')) return 'revoked';
  if (same.some((line) => line.marker === undefined)) return 'known';
  return lines.some((line) => line.marker === undefined) ? 'changed' : 'unknown';
}

function parseLine(text: string): KnownHost | undefined {
  const words = text.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
  const [patterns, , key] = words;
  if (patterns === undefined || key === undefined || patterns.startsWith('#')) return undefined;
  return { marker, patterns, key: Buffer.from(key, 'base64') };
}

function matchesName(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHash(patterns, name);
  const all = patterns.split(',');
  const isTakenBack = all.some((one) => one.startsWith('!') && matchesGlob(one.slice(1), name));
  return !isTakenBack && all.some((one) => matchesGlob(one, name));
}

function matchesHash(hashed: string, name: string): boolean {
  const [, , salt = '', digest = ''] = hashed.split('|');
  const hmac = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64');
  return hmac === digest;
}

function matchesGlob(glob: string, name: string): boolean {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  const source = escaped.replaceAll('*', '.*').replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}
