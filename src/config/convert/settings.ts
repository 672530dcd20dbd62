import type { Draft } from './draft.ts';

/** Their settings by name. What nobody took at the end has no counterpart. */
export class Settings {
  readonly #values: ReadonlyMap<string, string>;
  readonly #taken = new Set<string>();

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** The value of the first of these names that is set to something. */
  take(...names: readonly string[]): string | undefined {
    for (const name of names) this.#taken.add(name);
    return names
      .map((name) => this.#values.get(name))
      .find((value) => value !== undefined && value !== '');
  }

  takeFlag(name: string): boolean | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : /^(?:true|1|yes|on)$/i.test(value);
  }

  takeList(...names: readonly string[]): readonly string[] {
    const items = this.take(...names)?.split(',') ?? [];
    return items.map((item) => item.trim()).filter((item) => item !== '');
  }

  /** Names with this prefix, without it. */
  namesWith(prefix: string): readonly string[] {
    return [...this.#values.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Says of everything that is left why it is not there. */
  tellRest(draft: Draft, reasons: readonly (readonly [RegExp, string])[]): void {
    for (const [name, value] of this.#values) {
      if (this.#taken.has(name) || value === '') continue;
      draft.note(
        name,
        reasons.find(([pattern]) => pattern.test(name))?.[1] ?? 'has no counterpart',
      );
    }
  }
}
