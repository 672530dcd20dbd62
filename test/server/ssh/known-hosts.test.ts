import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { judgeHostKey } from '../../../src/server/ssh/known-hosts.ts';

const key = Buffer.from('the key of the server');
const other = Buffer.from('another key');
const line = (patterns: string, one = key) => `${patterns} ssh-ed25519 ${one.toString('base64')}`;

function hashed(name: string): string {
  const salt = Buffer.from('twenty bytes of salt');
  const digest = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${digest}`;
}

describe('judgeHostKey', () => {
  it.each([
    ['by name', line('bastion'), 22, 'known'],
    ['with comment and blank lines', `# x\n\n${line('bastion')} ops@laptop\n`, 22, 'known'],
    ['among several names', line('10.0.0.5,bastion'), 22, 'known'],
    ['by a glob', line('bas*,!bad*'), 22, 'known'],
    ['taken back', line('*,!bastion'), 22, 'unknown'],
    ['on another port', line('[bastion]:2222'), 2222, 'known'],
    ['of port 22 only', line('bastion'), 2222, 'unknown'],
    ['hashed', line(hashed('bastion')), 22, 'known'],
    ['hashed, on another port', line(hashed('[bastion]:2222')), 2222, 'known'],
    ['hashed, of another host', line(hashed('bastion2')), 22, 'unknown'],
    ['another key', line('bastion', other), 22, 'changed'],
    ['an old and the new key', `${line('bastion', other)}\n${line('bastion')}`, 22, 'known'],
    ['revoked', `@revoked ${line('*')}\n${line('bastion')}`, 22, 'revoked'],
    ['an authority', `@cert-authority ${line('*')}`, 22, 'unknown'],
    ['nothing', '', 22, 'unknown'],
  ] as const)('%s', (_name, text, port, verdict) => {
    expect(judgeHostKey(text, 'bastion', port, key)).toBe(verdict);
  });
});
