import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, type Logger } from '../../src/lib/logger.ts';
import type { ControlOutcome } from '../../src/status/http/control-route.ts';
import { startHttp, type HttpHandle, type HttpOptions } from '../../src/status/http-server.ts';
import type { ProcessStatus } from '../../src/status/task-status.ts';
import { TaskBoard } from '../../src/task/task-board.ts';
import { freePort } from '../support/free-port.ts';

const handles: HttpHandle[] = [];
afterEach(async () => {
  for (const handle of handles.splice(0)) await handle.close();
});

const statusOf = (board: TaskBoard): ProcessStatus => ({
  version: '1.2.3',
  pid: 1,
  startedAt: '2026-11-21T10:00:00.000Z',
  tasks: [board.status()],
});

const READINGS = { history: () => [], stuckAfterSeconds: 60 };

async function serve(
  status: () => ProcessStatus = () => statusOf(new TaskBoard('shop')),
  more: Partial<HttpOptions> = {},
) {
  const port = await freePort();
  const warnings: unknown[] = [];
  const logger: Logger = { ...silentLogger, warn: (...all: unknown[]) => void warnings.push(all) };
  const handle = await startHttp({
    ...READINGS,
    listen: `127.0.0.1:${port}`,
    status,
    logger,
    ...more,
  });
  handles.push(handle);
  return { port, handle, warnings, url: `http://127.0.0.1:${port}` };
}

describe('the HTTP server', () => {
  it('answers each route, and HEAD with the length alone', async () => {
    const { url } = await serve();
    const types = await Promise.all(
      ['/', '/status', '/metrics', '/healthz', '/readyz?x=1'].map(async (path) => {
        const get = await fetch(url + path);
        const head = await fetch(url + path, { method: 'HEAD' });
        expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'));
        expect(await head.text()).toBe('');
        return [get.status, get.headers.get('content-type')?.split(';')[0]];
      }),
    );
    expect(types).toEqual([
      [200, 'text/html'],
      [200, 'application/json'],
      [200, 'text/plain'],
      [200, 'text/plain'],
      [503, 'text/plain'],
    ]);
  });

  it('does not take names of objects for routes, and refuses what changes something', async () => {
    const { url, port } = await serve();
    const codes = await Promise.all(
      ['/nothing', '/__proto__', '/toString', '//'].map(
        async (path) => (await fetch(url + path)).status,
      ),
    );
    expect(codes).toEqual([404, 404, 404, 404]);
    const bare = await raw(port, 'GET constructor HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(bare).toMatch(/^HTTP\/1\.1 40[04]/);
    const post = await fetch(`${url}/status`, { method: 'POST', body: 'x' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it('changes something only for who has the token, and says why it does not', async () => {
    const asked: string[] = [];
    const act = (what: string) => (): Promise<ControlOutcome> => {
      asked.push(what);
      return Promise.resolve(
        what === 'resume' ? { kind: 'refused', why: 'it runs' } : { kind: 'done', note: 'ok' },
      );
    };
    const controls = {
      pause: act('pause'),
      resume: act('resume'),
      skip: (task: string, reason: string) => act(`skip ${task} ${reason}`)(),
    };
    const { url } = await serve(undefined, { controls, token: 'open-sesame' });
    const post = async (action: string, init: RequestInit = {}) =>
      (await fetch(`${url}/tasks/shop/${action}`, { method: 'POST', ...init })).status;
    const headers = { authorization: 'Bearer open-sesame' };
    expect(await post('pause')).toBe(401);
    expect(await post('pause', { headers: { authorization: 'Bearer open-sesam' } })).toBe(401);
    expect(asked).toEqual([]);
    expect(await post('pause', { headers })).toBe(200);
    expect(await post('resume', { headers })).toBe(409);
    expect(await post('skip', { headers })).toBe(400);
    expect(await post('skip', { headers, body: '{"reason": "known bad"}' })).toBe(200);
    expect(await post('skip', { headers, body: 'x'.repeat(1 << 20) })).toBe(413);
    expect(asked).toEqual(['pause', 'resume', 'skip shop known bad']);
    expect((await fetch(`${url}/tasks/shop/pause`, { headers })).status).toBe(405);

    const open = await serve(undefined, { controls });
    const off = await fetch(`${open.url}/tasks/shop/pause`, { method: 'POST', headers });
    expect([off.status, await off.text()]).toEqual([
      403,
      'off: set [http] token in the configuration file\n',
    ]);
  });

  it('a CPU profile and a heap snapshot, behind the token', async () => {
    const { url } = await serve(undefined, { token: 'open-sesame' });
    const headers = { authorization: 'Bearer open-sesame' };
    expect((await fetch(`${url}/debug/profile?seconds=0.1`)).status).toBe(401);
    expect((await fetch(`${url}/debug/profile?seconds=x`, { headers })).status).toBe(400);
    const profile = await fetch(`${url}/debug/profile?seconds=0.1`, { headers });
    expect(await profile.json()).toMatchObject({ nodes: expect.any(Array) as unknown });
    const heap = await fetch(`${url}/debug/heap`, { headers });
    expect(heap.headers.get('content-disposition')).toMatch(/\.heapsnapshot"$/);
    expect((await heap.text()).slice(0, 20)).toContain('snapshot');
  });

  it('the page is one document with a policy that lets nothing else run', async () => {
    const { url } = await serve();
    const reply = await fetch(url);
    const policy = reply.headers.get('content-security-policy') ?? '';
    const page = await reply.text();
    const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(page) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy).toMatch(/^default-src 'none'; /);
    expect(policy).toContain(`script-src 'sha256-${hash}';`);
    expect(policy).not.toContain('unsafe');
    expect(script.length).toBeGreaterThan(1000);
    const rest = page.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '');
    expect(rest).not.toMatch(/<script|<style|style=|https?:\/\/| on[a-z]+=/);
  });

  it('a fault while answering is a 500 and a warning, and the next request is answered', async () => {
    let faults = 1;
    const { url, warnings } = await serve(() => {
      if (faults-- > 0) throw new Error('no figures');
      return statusOf(new TaskBoard('shop'));
    });
    expect((await fetch(`${url}/status`)).status).toBe(500);
    expect(warnings).toHaveLength(1);
    expect((await fetch(`${url}/status`)).status).toBe(200);
  });

  it('a port that is taken is a warning; closing what never listened is nothing', async () => {
    const first = await serve();
    const lines: string[] = [];
    const logger: Logger = {
      ...silentLogger,
      warn: (...all: unknown[]) => void lines.push(String(all[1])),
    };
    const listen = `127.0.0.1:${first.port}`;
    const second = await startHttp({
      ...READINGS,
      listen,
      status: () => statusOf(new TaskBoard('x')),
      logger,
    });
    expect(lines).toEqual([`No status page: cannot listen on ${listen}; the work goes on`]);
    await second.close();
    expect((await fetch(first.url)).status).toBe(200);
  });

  it('closes at once although a client holds a request open', async () => {
    const { port, handle } = await serve();
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /status HTTP/1.1\r\nhost:'));
    socket.on('error', () => undefined);
    const gone = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    await handle.close();
    await gone;
  });
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
