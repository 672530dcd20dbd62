import { TailraceError } from '../../../core/errors.ts';
import type { Logger } from '../../../lib/logger.ts';
import type { ServerConnection } from '../../../server/server-connection.ts';
import type { ApplyWay } from '../mysql-sink-options.ts';
import type { ImageSettings } from './images-writer.ts';
import { isRefusal, openImages, type ImagesRefusal } from './open-images.ts';

/** Whether rows go as images over a task's sessions: as the file wants it and the target allows it. */
export class ImagesChoice {
  readonly #apply: ApplyWay;
  readonly #logger: Logger;
  #saidWhySql = false;

  constructor(apply: ApplyWay, logger: Logger) {
    this.#apply = apply;
    this.#logger = logger;
  }

  /** undefined: rows go as SQL. */
  async open(connection: ServerConnection): Promise<ImageSettings | undefined> {
    if (this.#apply !== 'auto' && this.#apply !== 'rows') return undefined;
    const opened = await openImages(connection);
    if (!isRefusal(opened)) return opened;
    if (this.#apply === 'rows') throw imagesRefused(opened, connection.info.host);
    if (!this.#saidWhySql) {
      this.#logger.info({ reason: opened.reason }, 'Rows go to the target as SQL');
    }
    this.#saidWhySql = true;
    return undefined;
  }
}

function imagesRefused({ reason, mend }: ImagesRefusal, host: string): TailraceError {
  const next = `tailrace check prints the statement; or set task.target.apply = "auto".`;
  return new TailraceError(
    mend.kind === 'grant' ? 'TARGET_ACCESS_DENIED' : 'TARGET_UNAVAILABLE',
    reason,
    { place: { host }, next },
  );
}
