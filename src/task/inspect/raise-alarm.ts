import { spawn } from 'node:child_process';
import type { KnownDifference } from '../../checkpoint/inspection-store.ts';
import type { Logger } from '../../lib/logger.ts';

/** What a webhook and a command get. */
export interface AlarmMessage {
  readonly task: string;
  readonly state: 'alarm' | 'resolved';
  readonly differences: readonly {
    readonly table: string;
    readonly key: string;
    readonly rounds: number;
    readonly firstSeenAt: string;
  }[];
}

export interface AlarmWays {
  /** URL; may hold a secret. */
  readonly webhook: string | undefined;
  readonly command: readonly string[] | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 30_000;
/** Of many differences the first say enough. */
const TOLD = 100;

export function alarmMessage(
  task: string,
  state: AlarmMessage['state'],
  differences: readonly KnownDifference[],
): AlarmMessage {
  return {
    task,
    state,
    differences: differences.slice(0, TOLD).map(({ table, key, rounds, firstSeenAtMs }) => ({
      table,
      key,
      rounds,
      firstSeenAt: new Date(firstSeenAtMs).toISOString(),
    })),
  };
}

/** Tells whoever wants to be told. A way that fails is logged; the alarm itself is in log and metrics. */
export async function raiseAlarm(message: AlarmMessage, ways: AlarmWays): Promise<void> {
  const { webhook, command, logger, signal } = ways;
  const late = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  const attempt = async (way: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const reason = error instanceof Error ? error.name : 'unknown';
      const detail = error instanceof AlarmRefused ? error.message : reason;
      logger.error({ way, detail }, 'An alarm could not be told');
    }
  };
  const text = JSON.stringify(message);
  if (webhook !== undefined) await attempt('webhook', () => post(webhook, text, late));
  if (command !== undefined) await attempt('on_alarm', () => run(command, text, late));
}

class AlarmRefused extends Error {}

/** Name and password of the URL go as a header: fetch refuses them in their place. */
async function post(webhook: string, body: string, signal: AbortSignal): Promise<void> {
  const url = new URL(webhook);
  const { username, password } = url;
  const account = [username, password].map(decodeURIComponent).join(':');
  url.username = url.password = '';
  const headers = {
    'content-type': 'application/json',
    ...(username === ''
      ? {}
      : { authorization: `Basic ${Buffer.from(account).toString('base64')}` }),
  };
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  await response.body?.cancel();
  if (!response.ok) throw new AlarmRefused(`the answer was ${response.status}`);
}

async function run(
  [program = '', ...args]: readonly string[],
  input: string,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], signal });
  // A command that does not read its input is none that failed.
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${input}\n`);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new AlarmRefused(`the command ended with ${code ?? 'a signal'}`);
}
