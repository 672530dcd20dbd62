import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const dockerfile = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');

/** The words of an instruction in its JSON form. */
function wordsOf(instruction: string): readonly string[] {
  const list = new RegExp(`^(?:${instruction}) (?:.*\\\\\\n\\s+CMD )?(\\[.*\\])$`, 'm').exec(
    dockerfile,
  );
  return JSON.parse(list?.[1] ?? '[]') as string[];
}

it('the health check of the image asks where the process listens', () => {
  const command = wordsOf('CMD');
  const port = command[command.indexOf('--http') + 1]?.split(':').at(-1);
  expect(command[0]).toBe('run');
  expect(port).toMatch(/^\d+$/);
  expect(wordsOf('HEALTHCHECK').join(' ')).toContain(`http://127.0.0.1:${port ?? ''}/healthz`);
  expect(dockerfile).toContain(`EXPOSE ${port ?? ''}\n`);
});
