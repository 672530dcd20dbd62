import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { TailraceError } from '../core/errors.ts';
import { parsePositionRequest } from '../core/position-parse.ts';
import { parseTablePattern } from '../core/table-pattern.ts';
import type { EnvReader } from './env.ts';
import { Secret } from './secret.ts';

/** What the values of a file are read against. */
export interface FieldContext {
  readonly env: EnvReader;
  /** Relative paths start here: the folder of the configuration file. */
  readonly baseDir: string;
}

const HOST = /^(?:unix:\/.+|\[[0-9a-fA-F:.%]+\](?::(\d{1,5}))?|[^:\s/[\]@]+(?::(\d{1,5}))?)$/;
const MAX_PORT = 65_535;

export const nonEmpty = z.string().min(1, 'must not be empty');

/** `host:port`, `[::1]:port`, `unix:/path`. */
export const hostAddress = z.string().refine(
  (text) => {
    const match = HOST.exec(text);
    const port = match?.[1] ?? match?.[2];
    return match !== null && (port === undefined || isPort(Number(port)));
  },
  { error: 'not host:port, [::1]:port or unix:/path' },
);

/** As a host's address, but of TCP and with its port. */
export const tcpAddress = hostAddress.refine(
  (text) => !text.startsWith('unix:') && /:\d+$/.test(text),
  { error: 'not host:port' },
);

export const tablePattern = parsed((text) => parseTablePattern(text));
export const positionText = parsed((text) => parsePositionRequest(text));

/** An identifier of the servers: what a database or column may be called. */
export const identifier = nonEmpty
  .max(64, 'has more than 64 characters')
  .refine((name) => !/[\0\uFFFF]/.test(name) && !name.endsWith(' '), {
    error: 'is no name that a server takes',
  });

export function filePath(context: FieldContext) {
  return nonEmpty.transform((path) => resolve(context.baseDir, path));
}

/** The content of a file that has to be there. */
export function fileText(context: FieldContext) {
  return nonEmpty.transform((path, issues) => {
    const read = tryRead(resolve(context.baseDir, path));
    if (read.text !== undefined) return read.text;
    issues.addIssue({ code: 'custom', message: read.fault });
    return z.NEVER;
  });
}

/** The content of a file that nobody else may see. */
export function secretFile(context: FieldContext) {
  return fileText(context).transform((text) => new Secret(text, 'file'));
}

/** `"text"`, `{ env = "NAME" }` or `{ file = "PATH" }`. */
export function secret(context: FieldContext) {
  return z
    .union([z.string(), z.strictObject({ env: nonEmpty }), z.strictObject({ file: nonEmpty })], {
      error: 'not { env = "NAME" }, { file = "PATH" } or a string',
    })
    .transform((value, issues) => {
      if (typeof value === 'string') return new Secret(value, 'plain');
      const read =
        'env' in value
          ? readVariable(context.env, value.env)
          : tryRead(resolve(context.baseDir, value.file));
      if (read.text === undefined) {
        issues.addIssue({ code: 'custom', message: read.fault });
        return z.NEVER;
      }
      if ('env' in value) return new Secret(read.text, 'env');
      return new Secret(read.text.replace(/\r?\n$/, ''), 'file');
    });
}

type ReadText =
  | { readonly text: string; readonly fault?: undefined }
  | { readonly text?: undefined; readonly fault: string };

function readVariable(env: EnvReader, name: string): ReadText {
  const text = env(name);
  return text === undefined ? { fault: `the environment has no variable ${name}` } : { text };
}

function tryRead(path: string): ReadText {
  try {
    return { text: readFileSync(path, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return { fault: `the file ${path} cannot be read (${code})` };
  }
}

/** A text that a parser takes; what the parser says is the issue's message. */
function parsed<T>(parse: (text: string) => T) {
  return z.string().transform((text, issues) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error;
      issues.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

function isPort(port: number): boolean {
  return port >= 1 && port <= MAX_PORT;
}
