import type { Draft } from './draft.ts';

export type TomlTable = Readonly<Record<string, unknown>>;

/** Somebody else's TOML by paths such as `source.ssh.host`. What nobody asked for has no counterpart. */
export class TomlTree {
  readonly #leaves = new Map<string, unknown>();
  readonly #taken = new Set<string>();

  constructor(root: TomlTable) {
    this.#walk(root, '');
  }

  text(...paths: readonly string[]): string | undefined {
    const value = this.#find(paths, (one) => ['string', 'number', 'bigint'].includes(typeof one));
    if (typeof value === 'string') return value;
    return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
  }

  number(...paths: readonly string[]): number | undefined {
    const text = this.text(...paths);
    const value = Number(text);
    return text === undefined || text.trim() === '' || Number.isNaN(value) ? undefined : value;
  }

  flag(...paths: readonly string[]): boolean | undefined {
    const value = this.#find(paths, (one) => typeof one === 'boolean' || one === 0 || one === 1);
    return value === undefined ? undefined : value === true || value === 1;
  }

  /** A list of texts, or one text by comma. */
  list(...paths: readonly string[]): readonly string[] {
    const value = this.#find(paths, (one) => Array.isArray(one) || typeof one === 'string');
    const items = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
    return items
      .filter((one): one is string => typeof one === 'string')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  }

  /** The lists of a table by their names. */
  lists(...paths: readonly string[]): readonly (readonly [string, readonly string[]])[] {
    const names = [...this.#leaves.keys()].flatMap((name) =>
      paths.filter((path) => name.startsWith(`${path}.`)).map((path) => [name, path] as const),
    );
    return names.map(([name, path]) => [name.slice(path.length + 1), this.list(name)]);
  }

  tellRest(draft: Draft): void {
    for (const name of this.#leaves.keys()) {
      if (!this.#taken.has(name)) draft.note(name, 'has no counterpart');
    }
  }

  #find(paths: readonly string[], fits: (value: unknown) => boolean): unknown {
    for (const path of paths) {
      const value = this.#leaves.get(path);
      if (value === undefined || !fits(value)) continue;
      this.#taken.add(path);
      return value;
    }
    return undefined;
  }

  #walk(table: TomlTable, prefix: string): void {
    for (const [key, value] of Object.entries(table)) {
      const path = `${prefix}${key}`;
      const isLeaf =
        typeof value !== 'object' ||
        value === null ||
        Array.isArray(value) ||
        value instanceof Date;
      if (isLeaf) this.#leaves.set(path, value);
      else this.#walk(value as TomlTable, `${path}.`);
    }
  }
}
