import { TailraceError } from '../core/errors.ts';
import { envReader, type EnvReader } from './env.ts';
import { explainIssues } from './explain-issues.ts';
import { formatPath } from './issue.ts';
import { refuse } from './load-config.ts';
import { taskSchema, type TaskConfig } from './schema.ts';

const PARAMETERS = ['tls', 'tls_ca'];
const DEFAULT_PORT = 3306;

export interface UrlOptions {
  readonly env?: EnvReader;
  /** Where a relative tls_ca starts. */
  readonly baseDir?: string;
}

/** The task that `tail mysql://user:password@host:3306/?tls=…` means. Nothing of the URL is printed. */
export function taskFromUrl(text: string, options: UrlOptions = {}): TaskConfig {
  const env = options.env ?? envReader;
  const url = parseUrl(text);
  const unknown = [...url.searchParams.keys()].find((name) => !PARAMETERS.includes(name));
  if (unknown !== undefined) throw invalid(`does not know ?${unknown}= (only tls and tls_ca)`);
  if (url.pathname !== '' && url.pathname !== '/') {
    throw invalid('has a path; tables are chosen by --include "database.*"');
  }
  const password = decode(url.password);
  const task = taskSchema({ env, baseDir: options.baseDir ?? process.cwd() }).safeParse({
    name: 'tail',
    source: {
      hosts: [`${decode(url.hostname)}:${url.port === '' ? DEFAULT_PORT : url.port}`],
      user: decode(url.username),
      password: password === '' ? (env('TAILRACE_PASSWORD') ?? '') : password,
      ...Object.fromEntries(url.searchParams),
    },
  });
  if (task.success) return task.data;
  const issues = explainIssues(task.error, () => []).map(({ path, message }) => ({
    path: formatPath(path).replace(/^source\./, ''),
    message,
    line: undefined,
  }));
  throw refuse('the URL', issues);
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['mysql:', 'mariadb:'].includes(url.protocol) || url.hostname === '') {
    throw invalid('is not mysql://user:password@host:port/ (or mariadb://…)');
  }
  return url;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('has a % that is not followed by two hexadecimal digits (write it as %25)');
  }
}

function invalid(what: string): TailraceError {
  return new TailraceError('CONFIG_INVALID', `the URL ${what}`, {
    next: 'Write special characters of user and password as %XX, or give the password in TAILRACE_PASSWORD.',
  });
}
