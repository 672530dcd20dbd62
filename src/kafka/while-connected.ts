import { TailraceError } from '../core/errors.ts';
import type { ClusterConnection } from './cluster.ts';

const LOOK_EVERY_MS = 1000;
/** A broker answers a request within its own time limit, or says that it could not. */
const ANSWER_TIMEOUT_MS = 45_000;

/**
 * The answer of a request, or a lost connection. kafkajs rejects what is due when a connection ends, but what is put
 * into the queue of one that has ended already is never answered and never rejected: it would be waited for for ever.
 */
export async function whileConnected<T>(
  connection: Pick<ClusterConnection, 'isConnected'>,
  answer: Promise<T>,
): Promise<T> {
  const sinceMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    let isGone = false;
    timer = setInterval(() => {
      // The first look may come between the end and the rejection, which says more.
      if (isGone) reject(gone('the connection ended before the broker answered'));
      isGone = !connection.isConnected();
      if (performance.now() - sinceMs > ANSWER_TIMEOUT_MS)
        reject(gone('the broker did not answer'));
    }, LOOK_EVERY_MS);
  });
  try {
    return await Promise.race([answer, lost]);
  } finally {
    clearInterval(timer);
    answer.catch(() => undefined);
  }
}

function gone(why: string): TailraceError {
  return new TailraceError('KAFKA_CONNECTION_LOST', `Kafka: ${why}`);
}
