import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { checkIdentity } from '../../src/server/tls.ts';

function certificate(commonName: string, names?: string): PeerCertificate {
  return {
    subject: { CN: commonName },
    ...(names === undefined ? {} : { subjectaltname: names }),
  } as unknown as PeerCertificate;
}

describe('checkIdentity', () => {
  it.each([
    ['db.example', certificate('other', 'DNS:db.example'), true],
    ['db.example', certificate('db.example'), true],
    ['db.example', certificate('db.example', 'DNS:other'), false],
    ['10.0.0.5', certificate('x', 'IP Address:10.0.0.5'), true],
    ['10.0.0.5', certificate('x', 'IP Address:10.0.0.6, DNS:10.0.0.5'), false],
    ['10.0.0.5', certificate('10.0.0.5'), true],
    ['10.0.0.5', certificate('10.0.0.5', 'DNS:db'), false],
    ['10.0.0.5', certificate('x', 'DNS:db, DNS:10.0.0.5'), true],
    ['10.0.0.5', certificate('localhost', 'DNS:localhost'), false],
    ['::1', certificate('x', 'IP Address:0:0:0:0:0:0:0:1'), true],
  ])('%s against a certificate (%#): %s', (host, peer, isRight) => {
    expect(checkIdentity(host, peer) === undefined).toBe(isRight);
  });
});
