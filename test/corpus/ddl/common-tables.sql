Statements are divided by a line that begins with four dashes. It may say where the next one runs:
  mysql | mariadb, an oldest version (80000) and a newest (<80000), modes=A,B, unclear (the parser
  must say that it can't follow).
---- 
create table t1 (id int primary key, a varchar(20))
----
CREATE TABLE `t2` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(255) COLLATE utf8_unicode_ci NOT NULL DEFAULT '',
  `created_at` timestamp NULL DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_name` (`name`(100)),
  KEY `idx_created` (`created_at`)
) ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci COMMENT='it''s; -- a table'
----
create table if not exists t1 (x int)
---- 
create table ints (a tinyint, b tinyint unsigned, c smallint(3), d mediumint unsigned zerofill, e int, f integer(5) unsigned, g bigint, h int1, i int2, j int3, k int4, l int8, m middleint, n bool, o boolean, p tinyint(1), q tinyint(1) unsigned, r int(0), s int zerofill, t smallint signed, u bigint unsigned not null)
----
create table numbers_ (a decimal, b dec(5), c numeric(10,2) unsigned, d fixed(6,3) zerofill, e float, f float(10), g float(30), h float(7,4) unsigned, i double, j double precision, k real, l double(9,3), m float4, n float8, o bit, p bit(17), q decimal(0), r double unsigned zerofill)
----
create table temporals (a date, b time, c time(3), d datetime, e datetime(6), f timestamp null, g timestamp(2) null default null, h year, i year(4), j datetime(0))
----
create table strings_ (a char, b char(10), c character(3), d varchar(7), e character varying(8), f char varying (9), g national char(4), h nchar(5), i national varchar(6), j nvarchar(7), k nchar varchar(8), l national character varying(9), m nchar varying(3), n varcharacter(11), o national varcharacter(2))
----
create table texts (a tinytext, b text, c mediumtext, d longtext, e text(10), f text(255), g text(256), h text(70000), i text(20000000), j long, k long varchar, l long char varying, m tinyblob, n blob, o mediumblob, p longblob, q blob(200), r blob(300), s blob(70000), t long varbinary, u text(64), v text(63), w text(86))
----
create table bytes_ (a binary, b binary(16), c varbinary(20), d char(5) byte, e varchar(6) character set binary, f text charset binary, g char(4) charset binary, h tinytext character set binary, i longtext charset binary, j enum('a','b') charset binary, k text(100) character set binary)
----
create table charsets_ (a char(3) ascii, b varchar(4) character set latin1, c varchar(5) charset utf8mb4 collate utf8mb4_bin, d text collate latin1_german1_ci, e varchar(9) binary, f char(2) character set utf8 binary, g varchar(3) unicode, h varchar(3) char set 'sjis', i enum('x','y') character set gbk, j set('p','q') collate utf8mb4_unicode_ci, k varchar(3) collate 'utf16_bin', l char(2) binary ascii) default character set utf8mb4
----
create table inherit1 (a varchar(3), b varchar(3) charset latin1, c text, d enum('a')) collate latin1_bin
----
create table inherit2 (a varchar(3), b char(3) binary, c text) charset = greek
----
create table inherit3 (a varchar(3), b char(3), c text) charset binary
----
create table inherit4 (a varchar(3)) default charset=utf8mb4 default collate=utf8mb4_unicode_ci
----
create table inherit5 (a varchar(3)) collate utf8_bin charset utf8
----
create table labels_ (a enum('a','it''s','b,c','','ü','x ','y  '), b set('one','two,','thr"ee'), c enum("d\"q", 'n\nl', 'back\\slash', 'tab\t', '%\_'), d enum(0x61, x'62'), e enum('a', 'c') not null, f set('x') charset latin1)
----
create table keys1 (a int, b int not null unique, c int unique key, d varchar(10), e text, f int not null, primary key (a), unique (b, c), unique (b), unique key named (d(5)), unique index (f, d), key (e(10)), index x using btree (c), constraint cu unique (c, b), constraint unique (d), constraint cn unique key kn (f, b))
----
create table keys2 (id int not null auto_increment, a varchar(20), b varchar(20), fulltext (a), fulltext key ft (a,b), primary key using btree (id), unique u (a desc, b asc) key_block_size=8 comment 'c') engine=MyISAM
----
create table keys3 (a int not null key, b int)
----
create table keys4 (a serial, c int)
----
create table keys4b (a int serial default value, c int)
----
create table keys5 (a int auto_increment unique, b int)
----
create table keys6 (a varchar(10), primary key (a(4)), unique key (a))
----
create table keys7 (`PRIMARY_` int, unique (`PRIMARY_`), unique (`PRIMARY_`), index (`PRIMARY_`), unique (`PRIMARY_`))
----
create table parent1 (id int primary key, code varchar(10) not null unique) engine=innodb
----
create table child1 (id int primary key, pid int, code varchar(10), constraint fk1 foreign key (pid) references parent1 (id) on delete cascade on update set null, foreign key ix (code) references parent1 (code) match full on delete no action, unique (pid)) engine=innodb
----
create table child2 (a int references parent1(id) on delete restrict, pid int, foreign key (pid) references parent1 (id), index (pid)) engine=innodb
----
alter table child1 drop foreign key fk1
----
alter table child1 add constraint foreign key (pid) references parent1(id), add unique (pid, code)
----
alter table child1 drop index pid
----
create table nat (e enum('a', N'c'))
----
create table bin_ (e enum('a', b'01100011'))
----
create table like1 like keys1
----
create table like2 (like charsets_)
----
create table if not exists like1 like t1
----
create table ctas1 select * from t1
----
create table ctas2 (x int, primary key (x)) charset utf8 select 1 as x, 'abc' as y, cast('2020-01-01' as date) as d
----
create table ctas3 as select * from charsets_
----
create table ctas4 ignore as (select a, b from inherit1)
----
create temporary table tmp1 (a int)
----
create temporary table t1 (zzz int)
----
drop temporary table t1
----
drop table if exists no_such_table
----
create table dropme (a int)
----
create table dropme2 (a int)
----
drop table dropme, dropme2 cascade
----
drop tables if exists dropme restrict
----
create table ren1 (a int, b varchar(5))
----
rename table ren1 to ren2
----
create table ren1 (c int)
----
rename table ren1 to ren_tmp, ren2 to ren1, ren_tmp to ren2
----
alter table ren1 rename to ren3
----
alter table ren3 rename as ren1
----
alter table ren1 rename ren4
----
alter table ren4 rename = ren1
----
truncate table ren1
----
truncate ren2
----
create table `weird ``name``` (`col``1` int, `a b` int, `select` int, `1a` int, `日本` varchar(3), `$x` int, `unique` int unique)
----
alter table `weird ``name``` drop column `a b`, add `c,d` int after `col``1`, change `select` `from` bigint
----
create table 2024_logs (1a int, 2_b int, $c int, _d int, ünï int)
----
alter table 2024_logs add 3c int after 1a
----
CREATE /* comment */ TABLE -- to end of line
 c1 # another
 ( a /* inner (paren */ int, -- x )
 b int /*, c int */ )
----
/* leading */ create table c2 (a int) /* trailing */;
----
create table c3 (a int /*! unsigned */, b int /*!50100 not null */, c int /*!99999 , d int */) /*!50100 engine=InnoDB */
----
create table c4 (a int comment 'x), b int', b int comment "a ""q"" b", c int comment 'it\'s', d int comment '/* no */ -- no # no')
----
CREATE	TABLE
c5
(
a	int
)
----
create table c6(a int)engine=InnoDB,charset=latin1,row_format=dynamic comment='x' checksum=1 avg_row_length 100 max_rows=10 min_rows=1 pack_keys=default delay_key_write=0
----
create table c7(a int default 5, b int default -3, c varchar(9) default 'x''y', d datetime default current_timestamp on update current_timestamp, e timestamp(3) not null default now(3) on update current_timestamp(3), f bit(3) default b'101', g varchar(3) default _latin1'ab', h binary(2) default x'6162', i int default null, j date default '2020-01-01', k float default 1.5e3, l decimal(5,2) default +1.5, m char(3) default "q", n int default '5', o bit default 1, p int not null default 0 comment 'default (')
----
create table part1 (id int not null, d date not null, primary key (id, d)) partition by range (year(d)) (partition p0 values less than (2000) , partition p1 values less than (2010) comment = 'select', partition pm values less than maxvalue)
----
create table part2 (id int not null primary key, s int) partition by hash (id) partitions 4
----
create table part3 (id int primary key) /*!50100 PARTITION BY KEY (id) PARTITIONS 3 */
----
create table part4 (a int, b int) partition by list (a) subpartition by hash (b) subpartitions 2 (partition x values in (1,2), partition y values in (3))
----
create table part5 (a int, b varchar(10)) partition by range columns (a, b) (partition p0 values less than (10, 'm'), partition p1 values less than (maxvalue, maxvalue))
----
create table part6 (a int not null) partition by linear key algorithm=2 (a)
----
create table partx (id int not null, d date not null, primary key (id, d))
----
alter table part1 exchange partition p0 with table partx
----
alter table part1 drop partition p0
----
alter table part1 reorganize partition pm into (partition p2 values less than (2020), partition pm values less than maxvalue)
----
alter table part1 truncate partition p1
----
alter table part2 add partition partitions 2
----
alter table part2 coalesce partition 1
----
alter table part2 remove partitioning
----
alter table part2 partition by key (id) partitions 2
----
alter table part1 analyze partition p1
----
alter table part1 rebuild partition all
----
analyze table t1, part1
----
optimize no_write_to_binlog table t1
----
create view v1 as select * from t1
----
create or replace algorithm = merge definer = current_user sql security invoker view v2 (x, y) as select id, a from t1 where 1 with check option
----
alter view v1 as select id from t1
----
drop view if exists v1, v2 cascade
----
create trigger tr1 before insert on t1 for each row set new.a = 'drop table t1'
----
create definer=root@localhost trigger tr2 after update on t1 for each row begin set @x = 1; set @y = 2; end
----
drop trigger tr1
----
drop trigger if exists tr2
----
create procedure p1 (in a int) begin create table x (a int); drop table t1; end
----
create function f1 (a int) returns int deterministic return a + 1
----
drop function f1
----
drop procedure if exists p1
----
create event e1 on schedule every 1 day starts '2037-01-01' do drop table t1
----
alter event e1 disable
----
drop event if exists e1
----
create database if not exists tailrace_schema_other character set latin1 collate latin1_bin
----
create table tailrace_schema_other.t1 (a varchar(5), b text)
----
create table tailrace_schema_other . `t 2` (a varchar(5) charset utf8)
----
create table `tailrace_schema_other` /* dot */ . /* table */ t3 like t1
----
rename table tailrace_schema_other.t3 to moved_here
----
alter table moved_here rename tailrace_schema_other.moved_back
----
alter database tailrace_schema_other default character set = utf8mb4
----
create table tailrace_schema_other.t4 (a varchar(5))
----
alter schema tailrace_schema_other collate utf8_unicode_ci
----
create table tailrace_schema_other.t5 (a varchar(5), b varchar(5) charset utf8)
----
drop database tailrace_schema_other
----
create schema tailrace_schema_other
----
create table tailrace_schema_other.t1 (a varchar(7))
----
drop schema if exists tailrace_schema_other
