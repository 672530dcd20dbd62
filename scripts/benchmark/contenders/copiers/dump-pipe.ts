import { DATABASE } from '../../workloads/workload.ts';
import { shell, type Copier } from './copier.ts';

/** What an administrator does by hand. */
export const dumpPipe: Copier = {
  name: 'mysqldump | mysql',
  version: ({ source }) => source.version,
  start: ({ source, target }) => {
    const dump = `${source.tool('mysqldump').join(' ')} --single-transaction --loose-set-gtid-purged=OFF`;
    const client = `${target.tool('mysql').join(' ')} --max-allowed-packet=256M`;
    return shell(`${dump} --databases ${DATABASE} | ${client}`);
  },
};
