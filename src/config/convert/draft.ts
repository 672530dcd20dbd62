import { formatValue, type TomlValue } from './toml-text.ts';

/** Something of theirs that is not in our configuration, or not as it was. */
export interface ConvertNote {
  /** Their key; '' for the whole. */
  readonly key: string;
  readonly text: string;
}

interface Entry {
  readonly key: string;
  readonly value: TomlValue;
}

interface Section {
  readonly header: string;
  readonly entries: Entry[];
}

/** A configuration of ours that is being written, and what is to be said about it. */
export class Draft {
  readonly #sections: Section[] = [];
  readonly #notes: ConvertNote[] = [];

  /** Sections stand in the order in which they are first named; '' is the top of the file. */
  set(header: string, key: string, value: TomlValue | undefined): void {
    if (value === undefined) return;
    const section = this.#ofTask.findLast((one) => one.header === header);
    if (section === undefined) this.#sections.push({ header, entries: [{ key, value }] });
    else section.entries.push({ key, value });
  }

  /** Sections since the last task began. */
  get #ofTask(): readonly Section[] {
    const task = this.#sections.findLastIndex(({ header }) => header === '[[task]]');
    return this.#sections.slice(Math.max(0, task));
  }

  /** Another table of an array of tables: `[[task]]`. */
  add(header: string): void {
    this.#sections.push({ header, entries: [] });
  }

  /** A password never goes from one file to another: `${NAME}` stays that variable, anything else gets one. */
  secret(header: string, key: string, { value, name }: { value: string; name: string }): void {
    if (value === '') return;
    const reference = /^\$\{(?:env:)?(\w+)\}$/.exec(value);
    const variable = reference?.[1] ?? name;
    this.set(header, key, { env: variable });
    if (reference === null) {
      this.note('', `set the environment variable ${variable}: passwords are not copied`);
    }
  }

  note(key: string, text: string): void {
    if (this.#notes.some((one) => one.key === key && one.text === text)) return;
    this.#notes.push({ key, text });
  }

  get notes(): readonly ConvertNote[] {
    return this.#notes;
  }

  get toml(): string {
    return this.#sections
      .map(({ header, entries }) => {
        const lines = entries.map(({ key, value }) => `${keyText(key)} = ${formatValue(value)}`);
        return [...(header === '' ? [] : [header]), ...lines].join('\n');
      })
      .join('\n\n')
      .concat('\n');
  }
}

function keyText(key: string): string {
  return /^[\w-]+$/.test(key) ? key : formatValue(key);
}
