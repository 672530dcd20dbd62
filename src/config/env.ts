/** Reads one variable of the environment; tests bring their own. */
export type EnvReader = (name: string) => string | undefined;

/** The only place that reads the process's environment. */
export const envReader: EnvReader = (name) => process.env[name];
