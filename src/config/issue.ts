/** A thing to mend in a configuration file. */
export interface ConfigIssue {
  /** `task[0].source.hosts`; '' is the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly line: number | undefined;
}

export type PathPart = string | number;

export function formatPath(parts: readonly PathPart[]): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += `${text === '' ? '' : '.'}${/^[\w-]+$/.test(part) ? part : JSON.stringify(part)}`;
  }
  return text;
}

export function formatIssue({ path, message, line }: ConfigIssue): string {
  const where = line === undefined ? path : `${path} (line ${line})`;
  return where === '' ? message : `${where}: ${message}`;
}
