----
create table a1 (id int not null auto_increment primary key, a int, b varchar(20), c text) default charset latin1
----
alter table a1 add d int
----
alter table a1 add column e int first
----
alter table a1 add column f varchar(5) not null default 'x' after a
----
alter table a1 add (g int, h datetime, key (g), unique (h))
----
alter table a1 add column (i int)
----
alter table a1 drop g, drop column h, drop e
----
alter table a1 modify a bigint
----
alter table a1 modify column a bigint unsigned not null after b
----
alter table a1 modify b varchar(30) first
----
alter table a1 change a aa int
----
alter table a1 change column aa a smallint first
----
alter table a1 change a a2 int, change b b2 varchar(40) character set utf8
----
alter table a1 change a2 b2 int, change b2 a2 varchar(40)
----
alter table a1 add x int after a2, add y int after x, add z int first
----
alter table a1 drop x, add x varchar(3) after y
----
alter table a1 add p1 int, add p2 int after p1, modify z int after p2
----
alter table a1 add w1 int after z, add w2 int after z, add w3 int after z
----
alter table a1 modify c text charset utf8mb4
----
alter table a1 convert to character set utf8
----
alter table a1 convert to character set utf8mb4 collate utf8mb4_unicode_ci
----
alter table a1 default character set latin1
----
alter table a1 add col_after_default varchar(10)
----
alter table a1 collate utf8_bin
----
alter table a1 add col_bin varchar(10), charset utf8mb4
----
alter table a1 charset=latin1 collate=latin1_general_cs
----
alter table a1 add col_cs varchar(10), modify col_bin char(3)
----
alter table a1 convert to charset latin1
----
create table wid (a tinytext, b text, c mediumtext, d longtext, e varchar(200), f char(20), g enum('a','b'), h set('x'), i blob, j varbinary(10), k tinytext charset utf8, l text charset utf8mb4, m tinytext charset ucs2, n text charset gbk) charset latin1
----
alter table wid convert to character set utf8mb4
----
alter table wid convert to character set latin1
----
create table wid2 (a tinytext, b text, c mediumtext, e varchar(200), f char(20), g enum('a','b'), h set('x'), k char(3) charset latin1) charset utf8
----
alter table wid2 convert to character set utf8mb4
----
alter table wid2 convert to character set binary
----
create table wid3 (a tinytext, b text, v varchar(5)) charset utf8mb4
----
alter table wid3 add x int, convert to character set utf8 collate utf8_bin, add y varchar(5), add z varchar(5) character set sjis
----
alter table wid3 convert to character set default
----
create table k1 (a int not null, b int, c varchar(10), d int, primary key (a), unique key ub (b), key kc (c))
----
alter table k1 drop primary key
----
alter table k1 add primary key (a, b)
----
alter table k1 drop primary key, add primary key (a)
----
alter table k1 add unique (c), add unique (c, d), add unique key named (d), add index (d), add unique index (d)
----
alter table k1 drop index c_2, drop key named
----
alter table k1 drop column c
----
alter table k1 add constraint cc unique (d, b)
----
alter table k1 change b bb int, modify a bigint
----
alter table k1 drop index cc, drop index ub, drop column bb
----
create unique index ui on k1 (d)
----
create index i2 using btree on k1 (a) comment 'x' 
----
drop index ui on k1
----
drop index `i2` on `k1` algorithm = default lock = default
----
create unique index ui2 on k1 (a, d) using btree
----
alter table k1 modify d int not null
----
alter table k1 modify a int
----
alter table k1 add e int unique, add f int unique key comment 'x', add g int not null, add unique (g)
----
alter table k1 modify a int auto_increment
----
alter table k1 drop primary key, modify g int primary key
----
alter table k1 alter d set default 5, alter column e drop default, alter f set default null
----
alter table k1 engine=innodb, force
----
alter table k1 engine myisam
----
alter table k1 order by d, a desc
----
alter table k1 disable keys
----
alter table k1 enable keys
----
alter ignore table k1 add h int
----
alter table k1 comment = 'new', auto_increment = 100, row_format=compact
----
alter table k1 add i int, algorithm=copy, lock=shared
----
alter table k1 add column j varchar(10) character set utf8 collate utf8_bin default 'it''s' comment 'after x' after d, drop column e
----
alter table k1 add index (j(3)), add fulltext index ft (j)
----
alter table k1 rename to k1b, add column renamed_too int
----
alter table k1b rename k1, drop column renamed_too
----
alter table no_such_table add x int
----
create table ts1 (a int, b timestamp, c timestamp null, d timestamp not null default current_timestamp)
----
alter table ts1 modify a timestamp, add z timestamp(3) null
----
create table sw (a int, b varchar(3), c date)
----
alter table sw change a tmp int, change b a varchar(3)
----
alter table sw change tmp b int
----
alter table sw modify c date first, modify b int after c
----
alter table sw change a a varchar(3) after c, add d int after a, drop b, add e int after d
----
alter table sw add b int first, add bb int after b, change c cc date after bb
----
alter table sw
----
alter table sw add foreign key (b) references k1 (a)
----
create table gen (a int)
----
alter table gen modify a enum('one','two') not null default 'one'
----
alter table gen modify a enum('two','one','three')
----
alter table gen modify a set('two','one','three') character set utf8mb4 collate utf8mb4_bin
----
alter table gen modify a decimal(10,3) unsigned zerofill
----
alter table gen modify a varchar(21844) character set utf8
----
alter table gen modify a varchar(40000) character set utf8
----
alter table gen modify a year, add b bit(8), add c point, add d geometry, add e geometrycollection, add f multipolygon, add g linestring not null
----
alter table gen modify a national varchar(10), add h long varbinary, add i character varying(5) binary
