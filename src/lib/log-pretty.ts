import { isatty } from 'node:tty';

/** A line as the logger hands it on, already without secrets. */
export interface LogLine {
  readonly level: string;
  readonly timeMs: number;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface PrettyLook {
  readonly hasColor: boolean;
  /** False where whoever keeps the lines notes it. */
  readonly hasTime: boolean;
}

const LEVEL_COLORS: Readonly<Record<string, string>> = {
  trace: '90',
  debug: '36',
  info: '32',
  warn: '33',
  error: '31;1',
};
const DIM = '2';

/**
 * One line for people: `10:03:05.120 INFO  [shop] caught up  lag=0.2s rows=1500`. The fields of an error
 * are spread: code first, then what happened, where, and what to do next.
 */
export function formatPretty(line: LogLine, { hasColor, hasTime }: PrettyLook): string {
  const paint = (text: string, color: string): string =>
    hasColor ? `\u001b[${color}m${text}\u001b[0m` : text;
  const { task, error, ...rest } = line.fields;
  const level = line.level.toUpperCase().padEnd(5);
  const parts = [
    ...(hasTime ? [paint(timeOfDay(line.timeMs), DIM)] : []),
    paint(level, LEVEL_COLORS[line.level] ?? DIM),
    ...(task === undefined ? [] : [paint(`[${inline(task)}]`, '35')]),
    [line.message, ...(isRecord(error) ? [errorHead(error)] : [])].map(oneLine).join(': '),
  ];
  const named = isRecord(error) ? { ...rest, ...errorPlace(error) } : rest;
  const pairs = Object.entries(named).filter(([, value]) => value !== undefined);
  if (pairs.length > 0) {
    const text = pairs.map(([name, value]) => `${paint(`${name}=`, DIM)}${inline(value)}`);
    parts.push(` ${text.join(' ')}`);
  }
  if (isRecord(error) && typeof error['next'] === 'string') {
    parts.push(paint(`→ ${oneLine(error['next'])}`, '36'));
  }
  return `${parts.join(' ')}\n${stackLines(error, paint)}`;
}

export function isTerminal(fd: number): boolean {
  return isatty(fd);
}

function errorHead(error: Readonly<Record<string, unknown>>): string {
  const code = error['code'] ?? error['type'];
  const causes: string[] = [];
  for (let cause = error['cause']; isRecord(cause); cause = cause['cause']) {
    const message = inlineText(cause['message']);
    if (!inlineText(error['message']).includes(message)) causes.push(` (${message})`);
  }
  return `${inlineText(code)} ${inlineText(error['message'])}${causes.join('')}`;
}

function errorPlace(error: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return isRecord(error['place']) ? error['place'] : {};
}

function stackLines(error: unknown, paint: (text: string, color: string) => string): string {
  if (!isRecord(error) || typeof error['stack'] !== 'string') return '';
  const frames = error['stack'].split('\n').slice(1);
  return frames.map((frame) => `${paint(`    ${frame.trim()}`, DIM)}\n`).join('');
}

function timeOfDay(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const millis = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${millis}`;
}

function inline(value: unknown): string {
  if (typeof value !== 'string') return inlineText(value);
  return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function inlineText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
