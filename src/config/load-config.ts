import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { flattenSwitches } from './schema-kafka-switches.ts';
import { parse as parseToml, TomlError } from 'smol-toml';
import { TailraceError } from '../core/errors.ts';
import { findContradictions } from './contradictions.ts';
import { envReader, type EnvReader } from './env.ts';
import { explainIssues, type PlacedMessage } from './explain-issues.ts';
import { findLine } from './find-line.ts';
import { formatIssue, formatPath, type ConfigIssue } from './issue.ts';
import { knownKeys } from './reference.ts';
import { configSchema, type Config } from './schema.ts';

export interface LoadOptions {
  readonly env?: EnvReader;
}

/** What became of a file's text: a configuration, or everything there is to mend in it. */
export type ConfigResult =
  | { readonly config: Config; readonly issues?: undefined }
  | { readonly config?: undefined; readonly issues: readonly ConfigIssue[] };

/** Reads and checks a configuration file; CONFIG_INVALID names all that is wrong with it at once. */
export function loadConfig(path: string, options: LoadOptions = {}): Config {
  const absolute = resolve(path);
  const result = checkConfig(readText(absolute, path), {
    env: options.env ?? envReader,
    baseDir: dirname(absolute),
  });
  if (result.config !== undefined) return result.config;
  throw refuse(path, result.issues);
}

export function checkConfig(
  text: string,
  context: { readonly env: EnvReader; readonly baseDir: string },
): ConfigResult {
  let file: unknown;
  try {
    file = flattenSwitches(parseToml(text));
  } catch (error) {
    return { issues: [explainSyntax(error)] };
  }
  const parsed = configSchema(context).safeParse(file);
  const messages = [
    ...(parsed.success ? [] : explainIssues(parsed.error, knownKeys)),
    ...findContradictions(file),
  ];
  if (parsed.success && messages.length === 0) return { config: parsed.data };
  return { issues: sortByLine(messages.map((message) => placeIn(text, message))) };
}

/** The error for a file (or a URL) with these issues. */
export function refuse(path: string, issues: readonly ConfigIssue[]): TailraceError {
  const [first] = issues;
  const list = issues.map((issue) => `\n  ${formatIssue(issue)}`).join('');
  const message =
    issues.length === 1 && first !== undefined
      ? `${path}: ${formatIssue(first)}`
      : `${path}: ${issues.length} things to mend${list}`;
  return new TailraceError('CONFIG_INVALID', message, { place: { path } });
}

function placeIn(text: string, { path, message }: PlacedMessage): ConfigIssue {
  return { path: formatPath(path), message, line: findLine(text, path) };
}

function sortByLine(issues: readonly ConfigIssue[]): ConfigIssue[] {
  return [...issues].sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0);
}

function readText(absolute: string, path: string): string {
  try {
    return readFileSync(absolute, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    const message =
      code === 'ENOENT' ? `There is no file ${path}` : `${path} cannot be read (${code})`;
    throw new TailraceError('CONFIG_INVALID', message, {
      place: { path },
      next: 'Name the configuration file with -c FILE; conf/tailrace.toml is one to begin with.',
      cause,
    });
  }
}

/** Without the parser's excerpt of the file: a password may stand on that line. */
function explainSyntax(error: unknown): ConfigIssue {
  if (!(error instanceof TomlError)) throw error;
  const [first = 'not TOML'] = error.message.split('\n');
  return {
    path: '',
    message: `line ${error.line}, column ${error.column}: ${first.replace(/^Invalid TOML document: /, '')}`,
    line: undefined,
  };
}
