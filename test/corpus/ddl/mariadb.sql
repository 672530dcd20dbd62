What only MariaDB has.
---- mariadb
create or replace table r1 (a int, b varchar(5))
---- mariadb
create or replace table r1 (c int)
---- mariadb
create or replace table r2 like r1
---- mariadb
create or replace table r1 select 1 as x, 'y' as y
---- mariadb
create table if not exists r1 (q int)
---- mariadb
alter table if exists r1 add column if not exists x int, add column if not exists z int after x, drop column if exists nope, modify column if exists nope int, change column if exists nope nope2 int
---- mariadb
alter table if exists nope add x int
---- mariadb
alter table r1 add index if not exists iz (z), add unique index if not exists uz (z), drop index if exists nope, add unique key if not exists uz (x)
---- mariadb
alter table r1 rename column if exists x to xx, rename column z to x, rename index uz to uzz
---- mariadb
alter table r1 add primary key if not exists (xx), add constraint if not exists cx check (xx > 0)
---- mariadb
alter table r1 drop constraint if exists cx, drop foreign key if exists nope, alter column xx set default (1 + 1)
---- mariadb
alter table r1 wait 5 add w int
---- mariadb
alter table r1 nowait drop w
---- mariadb
alter online table r1 add w int, algorithm=nocopy
---- mariadb
create index if not exists iw on r1 (w)
---- mariadb
create or replace unique index iw on r1 (w)
---- mariadb
drop index if exists iw on r1
---- mariadb
drop index if exists iw on r1 wait 1
---- mariadb
drop table if exists nope wait 3
---- mariadb
rename table if exists nope to nope2, r1 wait 2 to r1x
---- mariadb
rename tables r1x nowait to r1
---- mariadb
truncate table r1 nowait
---- mariadb
create table d1 (a uuid, b inet6, c inet4 not null, d json, e json not null default '{}', f varchar(100) compressed, g text compressed=zlib default 'x', h varchar(20) invisible, i int default (1 + 2), j datetime default now(), k blob default 'abc', l int check (l > 1), m varbinary(10) compressed not null, m2 int, n uuid default uuid(), y year(2))
---- mariadb
alter table d1 modify f varchar(100), modify g mediumtext compressed charset latin1, convert to character set utf8mb4
---- mariadb
alter table d1 convert to character set latin1
---- mariadb
create table g1 (a int, b int as (a + 1) virtual, c int generated always as (a + 2) persistent, d int as (a) stored unique, e varchar(5) as ('x') virtual invisible)
---- mariadb
alter table g1 add f int as (a) after a
---- mariadb
create table lu1 (a int, t text unique, b blob, unique (b), c varchar(3000) charset utf8mb4, unique key lc (c), d varchar(10), unique ld using hash (d), unique le (t, a), unique (a))
---- mariadb
alter table lu1 add zz int, add unique lh using hash (zz)
---- mariadb
alter table lu1 modify t varchar(10)
---- mariadb
alter table lu1 drop index lc, add unique (b, a)
---- mariadb
alter table lu1 drop index b_2, drop column b
---- mariadb
create table lu2 (a text, unique key (a(20)), unique key (a)) engine=MyISAM
---- mariadb
create table lu3 like lu1
---- mariadb
create table sv1 (a int, t varchar(5)) with system versioning
---- mariadb
create table sv2 (a int primary key, rs timestamp(6) generated always as row start, re timestamp(6) generated always as row end invisible, b int, period for system_time (rs, re), unique (b)) with system versioning
---- mariadb
create table sv3 (a int, b int with system versioning, c text without system versioning)
---- mariadb
create table sv4 (a int without system versioning, b text unique) with system versioning
---- mariadb
alter table sv1 drop system versioning
---- mariadb
alter table sv1 add system versioning
---- mariadb
set system_versioning_alter_history=keep
---- mariadb
alter table sv1 add x int after a
---- mariadb
alter table sv1 drop x, add y int
---- mariadb
create table sv5 like sv2
---- mariadb
create table sv6 (x int) with system versioning partition by system_time interval 1 day (partition p0 history, partition pn current)
---- mariadb
create table pf1 (id int, s date, e date, period for p (s, e))
---- mariadb
create table pf2 (id int, s date, e date, period for p (s, e), primary key (id, p without overlaps))
---- mariadb
create table pf3 (id int not null, s date, e date, period for p (s, e), unique (id, p without overlaps))
---- mariadb
alter table pf1 add z int
---- mariadb
alter table pf1 drop period for p
---- mariadb
create sequence s1 start with 5 increment by 2 cache 10
---- mariadb
create or replace sequence s1
---- mariadb
alter sequence s1 restart 7
---- mariadb
create table useseq (id int default (next value for s1), b int default nextval(s1))
---- mariadb
drop table useseq
---- mariadb
drop sequence if exists s1
---- mariadb
create table eng (a int) engine=Aria transactional=1 page_checksum=1
---- mariadb
create table opts (a int) engine=innodb page_compressed=1 page_compression_level=3 encrypted=no
---- mariadb
create table opts2 (a int) engine=innodb `encrypted`='NO'
---- mariadb
create table cv (a int not null) partition by range (a) (partition p0 values less than (10), partition p1 values less than (20))
---- mariadb
alter table cv convert partition p1 to table cv1
---- mariadb
alter table cv convert table cv1 to partition p1 values less than (20)
---- mariadb
create table m100 (a int /*M!100100 , b int */ /*!100100 , c int */ /*!50701 , d int */ /*!50600 , e int */ /*M!999999 , f int */)
---- mariadb
create table ign (a int, key k (a) ignored)
---- mariadb
alter table ign alter index k not ignored
---- mariadb 110500
create table ctx (a varchar(5) collate uca1400_as_ci, b varchar(5) charset latin1 collate latin1_bin, c varchar(5) charset utf8mb3, d varchar(5) charset utf16) charset utf8mb4
---- mariadb
create table ctx2 (a varchar(5) collate uca1400_as_ci, c varchar(5) charset utf8mb3) charset utf8mb4 collate utf8mb4_uca1400_ai_ci
---- mariadb
create table nopad (a varchar(5) collate utf8mb4_nopad_bin, b char(3) collate latin1_swedish_nopad_ci)
---- mariadb 110700
create table vecm (id int primary key, v vector(3) not null, vector index (v) m=8 distance=cosine)
---- mariadb modes=ORACLE
create table ora (a varchar2(10), b number, c number(5,2), d clob, e raw(8), f date, g blob)
---- mariadb modes=ORACLE
create package pkg as function f return int; end
---- mariadb
create table ts10 (a timestamp, b timestamp, c timestamp(6) default current_timestamp(6) on update current_timestamp(6))
---- mariadb
grant select on *.* to tailrace_schema_u@localhost identified by 'x'
---- mariadb
revoke all privileges, grant option from tailrace_schema_u@localhost
---- mariadb
drop user if exists tailrace_schema_u@localhost
---- mariadb
create role if not exists tailrace_schema_r
---- mariadb
drop role if exists tailrace_schema_r
