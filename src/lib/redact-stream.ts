import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { formsInJson, redactForms } from './secrets.ts';

/**
 * JSON text that passes through without secrets, one that lies across two chunks too: as much is held back as the
 * longest of them and the character around it may need.
 */
export function redactingStream(): Transform {
  const secrets = formsInJson();
  const room = (secrets[0]?.length ?? 0) + 1;
  const decoder = new StringDecoder('utf8');
  let held = '';
  const take = (text: string, keep: number): string => {
    const clean = redactForms(held + text, secrets);
    const end = Math.max(0, clean.length - keep);
    held = clean.slice(end);
    return clean.slice(0, end);
  };
  return new Transform({
    transform: (chunk: Buffer | string, _encoding, done) => {
      done(null, take(typeof chunk === 'string' ? chunk : decoder.write(chunk), room));
    },
    flush: (done) => {
      done(null, take(decoder.end(), 0));
    },
  });
}
