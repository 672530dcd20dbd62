/** A promise that somebody else settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: Error): void;
}

export function createDeferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = notYet;
  let reject: (reason: Error) => void = notYet;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** Never called: the promise's executor runs before `createDeferred` returns. */
function notYet(): never {
  throw new Error('the promise has no executor yet');
}
