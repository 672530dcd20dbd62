import { describe, expect, it } from 'vitest';
import {
  requireKafka,
  requireSource,
  requireTarget,
  serverOptions,
} from '../../src/config/server-options.ts';
import { taskFromUrl } from '../../src/config/task-from-url.ts';
import type { ServerOptions } from '../../src/server/connect-options.ts';

const task = taskFromUrl('mysql://u:open%20sesame@127.0.0.1/', { env: () => undefined });

describe('serverOptions', () => {
  it('are what a connection takes', () => {
    const options: ServerOptions = serverOptions(requireSource(task));
    expect(options).toEqual({
      hosts: ['127.0.0.1:3306'],
      user: 'u',
      password: 'open sesame',
      tls: 'disabled',
      tlsCa: undefined,
    });
  });

  it('an end that a command needs is asked for by name', () => {
    expect(() => requireTarget(task)).toThrow(/tail has no \[task.target\]/);
    expect(() => requireKafka(task)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
