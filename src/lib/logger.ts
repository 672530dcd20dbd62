import { pino, type Logger as Pino } from 'pino';
import { toLoggable, type LogFields } from './log-fields.ts';
import { formatPretty, isTerminal, type PrettyLook } from './log-pretty.ts';
import { redactSecrets } from './secrets.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ['auto', 'pretty', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** `log.info('caught up')`, `log.info({ rows: 5 }, 'caught up')`. */
export interface LogMethod {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

/** What every part that logs takes. An Error goes under `error`, the task's name under `task`. */
export interface Logger {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** False: the line would not be written; for lines that are costly to make. */
  isEnabled(level: LogLevel): boolean;
  /** The same, with these fields on each line. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level?: LogLevel;
  readonly format?: LogFormat;
  /** Default: standard error; standard output belongs to results. */
  readonly output?: LogOutput;
  /** Default: when the output is a terminal. */
  readonly hasColor?: boolean;
  /** systemd's journal reads it: lines begin with their priority, and have no time of their own. */
  readonly isJournal?: boolean;
}

export interface LogOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const STANDARD_ERROR = 2;

export function createLogger(options: LoggerOptions = {}): Logger {
  const output = options.output ?? process.stderr;
  const isTty = options.output === undefined ? isTerminal(STANDARD_ERROR) : output.isTTY === true;
  const format = options.format ?? 'auto';
  const isPretty = format === 'pretty' || (format === 'auto' && isTty);
  const hasColor = options.hasColor ?? isTty;
  const isJournal = options.isJournal === true;
  const destination = {
    write: (line: string): void => {
      const text = isPretty ? prettyLine(line, { hasColor, hasTime: !isJournal }) : line;
      output.write(isJournal ? withPriority(line, text) : text);
    },
  };
  const writer = pino(
    {
      level: options.level ?? 'info',
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return new PinoLogger(writer);
}

/** Swallows everything; for tests and for callers that have no log. */
export const silentLogger: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  isEnabled: () => false,
  child: () => silentLogger,
};

class PinoLogger implements Logger {
  readonly trace: LogMethod = this.#method('trace');
  readonly debug: LogMethod = this.#method('debug');
  readonly info: LogMethod = this.#method('info');
  readonly warn: LogMethod = this.#method('warn');
  readonly error: LogMethod = this.#method('error');
  readonly #pino: Pino;

  constructor(writer: Pino) {
    this.#pino = writer;
  }

  isEnabled(level: LogLevel): boolean {
    return this.#pino.isLevelEnabled(level);
  }

  child(fields: LogFields): Logger {
    return new PinoLogger(this.#pino.child(asRecord(toLoggable(fields))));
  }

  #method(level: LogLevel): LogMethod {
    return (first: string | LogFields, message?: string): void => {
      if (!this.#pino.isLevelEnabled(level)) return;
      if (typeof first === 'string') this.#pino[level](redactSecrets(first));
      else this.#pino[level](asRecord(toLoggable(first)), redactSecrets(message ?? ''));
    };
  }
}

/** Numbers of syslog, which `journalctl -p` selects by. */
const PRIORITIES: Readonly<Record<string, number>> = { error: 3, warn: 4, info: 6 };
const DEBUG_PRIORITY = 7;

/** `<3>` before each line of the text; the journal takes it away. */
function withPriority(json: string, text: string): string {
  const level = /"level":"(\w+)"/.exec(json)?.[1] ?? '';
  return text.replace(/^(?=.)/gm, `<${PRIORITIES[level] ?? DEBUG_PRIORITY}>`);
}

function prettyLine(json: string, look: PrettyLook): string {
  const { level, time, message, ...fields } = asRecord(JSON.parse(json));
  return formatPretty(
    {
      level: typeof level === 'string' ? level : 'info',
      timeMs: typeof time === 'string' ? Date.parse(time) : 0,
      message: typeof message === 'string' ? message : '',
      fields,
    },
    look,
  );
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : { value };
}
