import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { testServer } from '../support/servers.ts';
import { openSql, type Sql } from '../support/sql.ts';
import { startTailrace, Workspace, type Running } from '../support/tailrace.ts';
import { waitFor } from '../support/wait-for.ts';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
const PICTURES = process.env['TAILRACE_PICTURES'];
const TOKEN = 'token-of-page-live';
const NAMES = ['page_a', 'page_b', 'page_c', 'page_d'] as const;
const STATE = 'page_state';

/** The page before tasks that really run, one of which has stopped, while rows come. */
describe.skipIf(PROGRAM === undefined)('the page of running tasks', () => {
  const source = testServer('src10');
  const target = testServer('dst11');
  let from: Sql;
  let to: Sql;
  let home: Workspace;
  let run: Running;
  let browser: Browser;
  let url = '';

  beforeAll(async () => {
    from = await openSql(source);
    to = await openSql(target);
    await dropAll();
    for (const name of NAMES) {
      for (const sql of [from, to]) {
        const table = `${name}.orders (id INT PRIMARY KEY AUTO_INCREMENT, n INT)`;
        await sql.run(`CREATE DATABASE ${name}`, `CREATE TABLE ${table}`);
      }
    }
    const listen = `127.0.0.1:${await freePort()}`;
    url = `http://${listen}/`;
    home = new Workspace();
    home.edit(() => configuration(listen));
    run = startTailrace(['run', '-c', home.config]);
    browser = await chromium.launch({
      executablePath: PROGRAM ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    await waitFor('all tasks to stream', async () => {
      if (run.child.exitCode !== null) throw new Error(run.stderr());
      return (await fetch(`${url}readyz`).catch(() => undefined))?.status === 200;
    });
  });
  afterAll(async () => {
    await browser.close();
    run.child.kill('SIGKILL');
    await run.finished;
    home.remove();
    await dropAll();
    await from.close();
    await to.close();
  });

  async function dropAll(): Promise<void> {
    for (const name of [...NAMES, STATE]) {
      for (const sql of [from, to]) await sql.run(`DROP DATABASE IF EXISTS ${name}`);
    }
  }

  function configuration(listen: string): string {
    const tasks = NAMES.map(
      (name) => `[[task]]
name = "${name}"
[task.source]
hosts = ["127.0.0.1:${source.port}"]
user = "root"
start = "now"
[task.filter]
include = ["${name}.*"]
[task.target]
hosts = ["127.0.0.1:${target.port}"]
user = "root"
state_database = "${STATE}"
`,
    );
    return `[http]\nlisten = "${listen}"\ntoken = "${TOKEN}"\n${tasks.join('')}`;
  }

  it('puts the stopped one first and whole, the others in a line each; it is resumed from there', async () => {
    const loading = new AbortController();
    const load = (async () => {
      while (!loading.signal.aborted) {
        for (const name of NAMES) await from.run(`INSERT INTO ${name}.orders (n) VALUES (1), (2)`);
      }
    })();
    try {
      const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      await page.goto(url);
      await page.getByText('All is well: 4 tasks').waitFor();
      expect(await page.locator('article.line').count()).toBe(4);

      await to.run('DROP TABLE page_c.orders');
      await page.getByText('Needs you: page_c').waitFor();
      const first = page.locator('article').first();
      expect(await first.getAttribute('class')).toBe('bad');
      expect(await first.locator('.problem.bad').textContent()).toMatch(
        /TARGET_TABLE_MISSING.*page_c\.orders.*→ /,
      );
      // One that works is opened: its table, and a rate that is its own.
      const line = page.locator('article.line', { hasText: 'page_a' });
      await line.locator('summary.heading').click();
      await line.locator('summary', { hasText: 'Tables by rate' }).click();
      await line.locator('td', { hasText: 'page_a.orders' }).waitFor();
      await page.waitForFunction(
        "[...document.querySelectorAll('article.line details[open] td:nth-child(2)')].some((cell) => Number(cell.textContent) > 0)",
      );
      const widths = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
      expect((widths as number[])[0]).toBeLessThanOrEqual((widths as number[])[1] ?? 0);
      if (PICTURES !== undefined) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, 'live-phone.png'), fullPage: true });
        await page.setViewportSize({ width: 1200, height: 900 });
        await page.screenshot({ path: join(PICTURES, 'live.png'), fullPage: true });
      }

      await to.run('CREATE TABLE page_c.orders (id INT PRIMARY KEY AUTO_INCREMENT, n INT)');
      await first.getByRole('button', { name: 'Resume' }).click();
      await page.fill('#ask input', TOKEN);
      await page.click('#ask-do');
      await page.getByText('Done.').waitFor();
      await page.getByText('All is well: 4 tasks').waitFor();
      expect(faults).toEqual([]);
      await page.close();
    } finally {
      loading.abort();
      await load;
    }
  });
});
