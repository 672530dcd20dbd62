import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TailraceError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { ControlOutcome } from '../../src/status/http/control-route.ts';
import { startHttp, type HttpHandle } from '../../src/status/http-server.ts';
import type { TaskHistory, TaskStatus } from '../../src/status/task-status.ts';
import { TaskBoard } from '../../src/task/task-board.ts';
import { freePort } from '../support/free-port.ts';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));
/** Set it to keep the pictures. */
const PICTURES = process.env['TAILRACE_PICTURES'];
const TOKEN = 'open-sesame';

const GTIDS =
  '3e11fa47-71ca-11e1-9e33-c80aa9429562:1-123456789,0b1c2d3e-71ca-11e1-9e33-c80aa9429562:1-42';

function working(): TaskStatus {
  const idle = new TaskBoard('shop').status();
  return {
    ...idle,
    state: 'streaming',
    position: GTIDS,
    coordinates: 'binlog.000042:1073741824',
    seq: 123,
    checkpointAt: new Date().toISOString(),
    source: {
      ...idle.source,
      host: 'db1.example.net:3306',
      head: {
        coordinates: 'binlog.000042:1073741999',
        position: GTIDS,
        at: new Date().toISOString(),
      },
    },
    lag: { ...idle.lag, seconds: 0.4, transactions: 12, bytes: 175, bytesInFlight: 51_200 },
    retention: {
      oldestFile: 'binlog.000001',
      keepsSeconds: 604_800,
      keepsBytes: 0,
      spareSeconds: 604_000,
      lostInSeconds: null,
    },
    rates: { transactionsPerSecond: 812, rowsPerSecond: 23_456 },
    tables: [
      {
        table: 'shop.orders',
        rowsPerSecond: 20_000,
        inserts: 1_200_000,
        updates: 80_000,
        deletes: 12,
      },
      {
        table: 'shop.<img src=x onerror=alert(1)>',
        rowsPerSecond: 3456,
        inserts: 1,
        updates: 2,
        deletes: 3,
      },
    ],
    sinks: { mysql: { rows: 1_280_012, transactions: 80_000, conflicts: 0 } },
  };
}

function stopped(): TaskStatus {
  const board = new TaskBoard('billing');
  const error = new TailraceError('TARGET_CONFLICT', 'Duplicate entry 7 for key PRIMARY', {
    place: {
      table: 'billing.invoice',
      key: 'id=7',
      gtid: '3e11fa47-71ca-11e1-9e33-c80aa9429562:99',
    },
  });
  board.fail(error);
  return {
    ...board.status(),
    deadLetters: {
      count: 1,
      latest: [
        {
          id: 3,
          kind: 'conflict',
          table: 'billing.line',
          reason: 'no such row',
          at: new Date().toISOString(),
        },
      ],
    },
    inspection: {
      rounds: 4,
      failedRounds: 0,
      lastRoundAt: new Date().toISOString(),
      rowsCompared: 1_000_000,
      differences: 2,
      alarms: 0,
      differing: [{ table: 'billing.invoice', differences: 2 }],
    },
  };
}

/** An hour with a peak in it and a gap. */
function pastHour(name: string): TaskHistory {
  const now = Date.now();
  const samples = Array.from({ length: 360 }, (_, index) => {
    const atMs = now - (360 - index) * 10_000;
    const peak = Math.max(0, 60 - Math.abs(index - 220)) / 2;
    const lag = index > 100 && index < 120 ? null : 0.3 + peak;
    return [atMs, lag, 20_000 + 5000 * Math.sin(index / 9) - peak * 500, 800] as const;
  });
  return { name, stepSeconds: 10, samples };
}

// A browser is a large thing to ask for: scripts/test installs one where it may.
describe.skipIf(PROGRAM === undefined)(
  PROGRAM === undefined ? 'the page (skipped: no /usr/bin/chromium)' : 'the page',
  () => {
    let browser: Browser;
    let http: HttpHandle;
    let url = '';
    let tasks: TaskStatus[] = [working(), stopped()];
    const asked: string[] = [];

    beforeAll(async () => {
      url = `http://127.0.0.1:${await freePort()}`;
      const act = (what: string): Promise<ControlOutcome> => {
        asked.push(what);
        return Promise.resolve({ kind: 'done', note: 'ok' });
      };
      http = await startHttp({
        listen: url.slice('http://'.length),
        status: () => ({ version: '1.2.3', pid: 42, startedAt: new Date().toISOString(), tasks }),
        history: () => tasks.map(({ name }) => pastHour(name)),
        stuckAfterSeconds: 60,
        token: TOKEN,
        controls: {
          pause: (task) => act(`pause ${task}`),
          resume: (task) => act(`resume ${task}`),
          skip: (task, reason) => act(`skip ${task}: ${reason}`),
        },
        logger: silentLogger,
      });
      browser = await chromium.launch({
        executablePath: PROGRAM ?? '',
        args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      });
    });
    afterAll(async () => {
      await browser.close();
      await http.close();
    });

    async function openPage(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
      const page = await browser.newPage(options);
      const faults: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('close', () => {
        expect(faults).toEqual([]);
      });
      await page.goto(url);
      await page.waitForSelector('article .chart path.line', { state: 'attached' });
      return page;
    }

    it.each([
      ['light', { colorScheme: 'light', viewport: { width: 1200, height: 1000 } }],
      ['dark', { colorScheme: 'dark', viewport: { width: 1200, height: 1000 } }],
      ['phone', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
    ] as const)('is readable: %s', async (name, options) => {
      const page = await openPage(options);
      const widths = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
      const [wide, seen] = widths as [number, number];
      expect(wide).toBeLessThanOrEqual(seen);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(ground).toBe(name === 'light' ? 'rgb(245, 246, 248)' : 'rgb(20, 23, 28)');
      if (PICTURES !== undefined) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
      }
      await page.close();
    });

    it('says first what is wrong and what to do, and is live', async () => {
      const page = await openPage();
      expect(await page.textContent('#verdict')).toBe('Needs you: billing');
      const problem = await page.textContent('article.bad .problem.bad');
      expect(problem).toContain('Duplicate entry 7');
      expect(problem).toContain('billing.invoice');
      expect(problem).toContain('tailrace position skip');
      expect(await page.getAttribute('article .chart.lag', 'aria-label')).toMatch(
        /^lag over the last hour: now 0\.3 s, at most 30 s$/,
      );
      // Where nothing was known the line is broken.
      expect(await page.locator('article:last-child .chart.lag path.line').count()).toBe(2);

      await page.click('article:last-child details:first-of-type summary');
      await page.getByText('shop.<img src=x onerror=alert(1)>').waitFor();
      expect(await page.locator('article img').count()).toBe(0);
      tasks = [{ ...working(), rates: { transactionsPerSecond: 1, rowsPerSecond: 77 } }];
      await page.getByText('All is well: 1 task').waitFor();
      await page.locator('.figure .value', { hasText: /^77$/ }).waitFor();
      // What was opened stays open.
      expect(await page.locator('details[open]').count()).toBe(1);
      tasks = [working(), stopped()];
      await page.close();
    });

    it('asks for something with the token', async () => {
      const page = await openPage();
      await page.getByRole('button', { name: 'Skip the transaction' }).click();
      await page.fill('#ask-reason', 'known bad');
      await page.fill('#ask input', TOKEN);
      await page.click('#ask-do');
      await page.getByText('Done.').waitFor();
      expect(asked).toEqual(['skip billing: known bad']);
      await page.close();
    });

    it('says so when the process is gone', async () => {
      const page = await browser.newPage();
      await page.goto(url);
      await page.getByText('Needs you: billing').waitFor();
      await page.route('**/status', (route) => route.abort());
      await page.getByText(/The process does not answer since/).waitFor();
      await page.close();
    });
  },
);
