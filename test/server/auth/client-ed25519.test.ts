import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { createHash, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signChallenge } from '../../../src/server/auth/client-ed25519.ts';
import {
  decodeNumber,
  encodeMultipleOfBase,
  encodeNumber,
} from '../../../src/server/auth/ed25519-curve.ts';

const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

function publicKeyOfPassword(password: string): Buffer {
  const expanded = createHash('sha512').update(password).digest();
  expanded.writeUInt8(expanded.readUInt8(0) & 0xf8, 0);
  expanded.writeUInt8((expanded.readUInt8(31) & 0x3f) | 0x40, 31);
  return encodeMultipleOfBase(decodeNumber(expanded.subarray(0, 32)));
}

describe('signChallenge', () => {
  it.each(['secret', 'a', 'pässwörd 汉', 'x'.repeat(300)])(
    "makes a signature that Node's own Ed25519 accepts for %j",
    (password) => {
      const challenge = createHash('sha256').update(password).digest();
      const key = createPublicKey({
        key: Buffer.concat([SPKI_PREFIX, publicKeyOfPassword(password)]),
        format: 'der',
        type: 'spki',
      });
      const signature = signChallenge(password, challenge);
      expect(signature).toHaveLength(64);
      expect(verify(null, challenge, key, signature)).toBe(true);
      expect(verify(null, Buffer.alloc(32), key, signature)).toBe(false);
    },
  );

  it('has the public key that the server stores for "secret"', () => {
    // SELECT PASSWORD-like output of MariaDB's ed25519_password('secret').
    expect(publicKeyOfPassword('secret').toString('base64').replace(/=+$/, '')).toBe(
      'ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY',
    );
  });
});

describe('edwards25519', () => {
  it('gives the public keys that Node derives from seeds', () => {
    for (let i = 0; i < 5; i++) {
      const seed = createHash('sha256').update(`seed ${i}`).digest();
      const privateKey = createPrivateKey({
        key: Buffer.concat([PKCS8_PREFIX, seed]),
        format: 'der',
        type: 'pkcs8',
      });
      expect(sign(null, seed, privateKey)).toHaveLength(64);
      const expanded = createHash('sha512').update(seed).digest();
      expanded.writeUInt8(expanded.readUInt8(0) & 0xf8, 0);
      expanded.writeUInt8((expanded.readUInt8(31) & 0x3f) | 0x40, 31);
      const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
      const point = encodeMultipleOfBase(decodeNumber(expanded.subarray(0, 32)));
      expect(point).toEqual(Buffer.from(spki.subarray(SPKI_PREFIX.length)));
    }
  });

  it('reads and writes numbers little endian', () => {
    expect(encodeNumber(258n).subarray(0, 3)).toEqual(Buffer.from([2, 1, 0]));
    expect(decodeNumber(encodeNumber(2n ** 252n + 7n))).toBe(2n ** 252n + 7n);
  });
});
