import { describe, expect, it } from 'vitest';
import { parseHostAddress } from '../../src/server/host-address.ts';

describe('parseHostAddress', () => {
  it.each([
    ['db:3307', { kind: 'tcp', host: 'db', port: 3307 }],
    ['db', { kind: 'tcp', host: 'db', port: 3306 }],
    ['[::1]:3307', { kind: 'tcp', host: '::1', port: 3307 }],
    ['[fe80::1]', { kind: 'tcp', host: 'fe80::1', port: 3306 }],
    ['::1', { kind: 'tcp', host: '::1', port: 3306 }],
    ['unix:/run/my sqld.sock', { kind: 'socket', path: '/run/my sqld.sock' }],
  ])('reads %s', (text, address) => {
    expect(parseHostAddress(text)).toEqual(address);
  });

  it.each(['', 'db:0', 'db:65536', 'db:x', ':3306', 'a:b:c'])('refuses "%s"', (text) => {
    expect(() => parseHostAddress(text)).toThrow(/not a host address/);
  });
});
