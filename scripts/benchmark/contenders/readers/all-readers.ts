import { binlogConnectorJava } from './binlog-connector-java.ts';
import { goMysql } from './go-mysql.ts';
import { pythonMysqlReplication } from './python-mysql-replication.ts';
import type { Reader } from './reader.ts';
import { tailraceReader } from './tailrace.ts';
import { powersyncZongji, vlaskyZongji } from './zongji.ts';

export const READERS: readonly Reader[] = [
  tailraceReader,
  binlogConnectorJava,
  goMysql,
  vlaskyZongji,
  powersyncZongji,
  pythonMysqlReplication,
];
