import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { redactingStream } from '../../src/lib/redact-stream.ts';
import { redactSecrets, registerSecret } from '../../src/lib/secrets.ts';

it('finds a secret wherever the chunks are cut, in each spelling', async () => {
  const secret = 'stream-secret "é" 1';
  registerSecret(secret);
  const json = JSON.stringify({
    a: secret,
    b: JSON.stringify(secret),
    c: encodeURIComponent(secret),
  });
  const ascii = json.replaceAll('é', '\\u00e9');
  for (const whole of [json, ascii, json + ascii]) {
    for (const size of [1, 2, 7, 1000]) {
      const chunks = whole.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const clean = await text(Readable.from(chunks).pipe(redactingStream()));
      expect(clean).not.toContain('stream-secret');
      expect(clean).toContain('{"a":"***","b":"\\"***\\"","c":"***"}');
    }
  }
});

it('a short one only as a whole word', () => {
  registerSecret('pw1');
  expect(redactSecrets('pw1 (pw1) pw12 xpw1 pw1pw1 épw1 pw1')).toBe(
    '*** (***) pw12 xpw1 pw1pw1 épw1 ***',
  );
});
