import { inspect } from 'node:util';
import { REDACTED, registerSecret } from '../lib/secrets.ts';

/** Where a secret stood. `plain`: in the configuration file itself, which `check` warns about. */
export type SecretOrigin = 'plain' | 'env' | 'file';

/** A value that prints as `***` in JSON, templates and inspect, and that the logger replaces wherever it shows. */
export class Secret {
  readonly origin: SecretOrigin;
  readonly #value: string;

  constructor(value: string, origin: SecretOrigin) {
    this.#value = value;
    this.origin = origin;
    registerSecret(value);
  }

  /** The value itself, for the one who sends it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
