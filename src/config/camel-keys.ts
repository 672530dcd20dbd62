type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

/** An object with its own keys from `snake_case`, as the file has them, to `camelCase`. */
export type CamelKeys<T extends object> = {
  readonly [K in keyof T as K extends string ? Camel<K> : K]: T[K];
};

/** Of one object only: what is inside has its own schema, or (a map of column names) is no key of ours. */
export function camelKeys<T extends object>(object: T): CamelKeys<T> {
  const renamed = Object.entries(object).map(([key, value]) => [
    key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    value as unknown,
  ]);
  return Object.fromEntries(renamed) as CamelKeys<T>;
}
