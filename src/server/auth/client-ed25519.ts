import { createHash } from 'node:crypto';
import { ORDER, decodeNumber, encodeMultipleOfBase, encodeNumber } from './ed25519-curve.ts';

/**
 * MariaDB's `client_ed25519`, which the driver lacks.
 *
 *   server → client   32 bytes of challenge (in the authentication switch request)
 *   client → server   64 bytes: the Ed25519 signature of the challenge, R ‖ S
 *
 * The key is the password itself: where RFC 8032 hashes a 32-byte seed into the expanded key, this
 * plugin hashes the password, of any length. Fact: MariaDB, plugin/auth_ed25519/ref10/sign.c.
 */
export function signChallenge(password: string, challenge: Buffer): Buffer {
  const expanded = sha512(Buffer.from(password, 'utf8'));
  const scalarBytes = expanded.subarray(0, 32);
  scalarBytes.writeUInt8(scalarBytes.readUInt8(0) & 0xf8, 0);
  scalarBytes.writeUInt8((scalarBytes.readUInt8(31) & 0x3f) | 0x40, 31);
  const scalar = decodeNumber(scalarBytes);
  const publicKey = encodeMultipleOfBase(scalar);
  const nonce = decodeNumber(sha512(expanded.subarray(32), challenge)) % ORDER;
  const r = encodeMultipleOfBase(nonce);
  const hash = decodeNumber(sha512(r, publicKey, challenge)) % ORDER;
  return Buffer.concat([r, encodeNumber((nonce + hash * scalar) % ORDER)]);
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha512');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

const CHALLENGE_BYTES = 32;

/** In the driver's plugin form: called once with the challenge. An empty password sends nothing. */
export function clientEd25519Plugin(password: string): () => (challenge: Buffer) => Buffer {
  return () => (challenge) =>
    password === ''
      ? Buffer.alloc(0)
      : signChallenge(password, Buffer.from(challenge.subarray(0, CHALLENGE_BYTES)));
}
