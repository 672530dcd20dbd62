import { createHash, timingSafeEqual } from 'node:crypto';
import { text, type Call, type Reply } from './reply.ts';

/** Why a call that changes something is refused; undefined: it may. */
export function refuseUnauthorized(call: Call, token: string | undefined): Reply | undefined {
  if (token === undefined || token === '') {
    return text(403, 'off: set [http] token in the configuration file');
  }
  const given = /^Bearer +(.+)$/i.exec(call.request.headers.authorization ?? '')?.[1];
  if (given !== undefined && isSame(given.trim(), token)) return undefined;
  const next = 'send the token of [http] as "Authorization: Bearer TOKEN"';
  return text(401, next, { 'www-authenticate': 'Bearer realm="tailrace"' });
}

/** In a time that says nothing about where they differ. */
function isSame(a: string, b: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}
