import { describe, expect, it } from 'vitest';
import { taskFromUrl } from '../../src/config/task-from-url.ts';

const env = (name: string): string | undefined =>
  name === 'TAILRACE_PASSWORD' ? 'from the environment' : undefined;

describe('taskFromUrl', () => {
  it('takes user, password, host and TLS from the URL', () => {
    const { name, source } = taskFromUrl(
      'mysql://us%40er:p%2Fw%3A%20x@db.example:3307/?tls=required',
      {
        env,
      },
    );
    expect(name).toBe('tail');
    expect(source).toMatchObject({
      hosts: ['db.example:3307'],
      user: 'us@er',
      tls: 'required',
    });
    expect(source?.password.reveal()).toBe('p/w: x');
  });

  it('takes the password from the environment when the URL has none', () => {
    expect(taskFromUrl('mariadb://u@h/', { env }).source?.password.reveal()).toBe(
      'from the environment',
    );
    expect(taskFromUrl('mariadb://u@h', { env: () => undefined }).source?.password.reveal()).toBe(
      '',
    );
  });

  it.each([
    ['mysql://u:p@[::1]', '[::1]:3306', 'disabled'],
    ['mysql://u:p@127.0.0.1:3308/', '127.0.0.1:3308', 'disabled'],
    ['mysql://u:p@db.example/', 'db.example:3306', 'verify-identity'],
  ])('%s is %s with TLS %s', (url, host, tls) => {
    expect(taskFromUrl(url, { env }).source).toMatchObject({ hosts: [host], tls });
  });

  it.each([
    ['postgres://u:hush@h/', /is not mysql:/],
    ['h:3306', /is not mysql:/],
    ['mysql:///', /is not mysql:/],
    ['mysql://u:hu%sh@h/', /%25/],
    ['mysql://u:hush@h/shop', /--include/],
    ['mysql://u:hush@h/?ssl=1', /\?ssl=/],
    ['mysql://u:hush@h/?tls=on', /tls: must be one of disabled/],
    ['mysql://:hush@h/', /user: must not be empty/],
    ['mysql://u:hush@h/?tls_ca=none.pem', /tls_ca: the file .*none.pem cannot be read/],
  ])('refuses %s without printing it', (url, message) => {
    try {
      taskFromUrl(url, { env });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
      expect(String(error)).toMatch(message);
      expect(String(error)).not.toContain('hush');
    }
  });
});
