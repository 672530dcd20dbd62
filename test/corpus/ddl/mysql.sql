What only MySQL has.
---- mysql 50700
create table g1 (a int, b int generated always as (a + 1) virtual, c int as (a * 2) stored not null, d varchar(10) as (concat('x', a)) virtual comment 'g', e int generated always as ((a + (b))) stored unique key, j json, k json not null, primary key (c))
---- mysql 50700
alter table g1 add f int as (a - 1) virtual after a, modify b bigint as (a + 2) virtual, drop column d
---- mysql 50700
alter table g1 add unique key ff (f), rename index e to ee
---- mysql 50700
alter table g1 rename key ee to eee, alter column a set default 3
---- mysql 50700
create table g2 (a json, b varchar(20) generated always as (json_unquote(json_extract(a, '$.x,)'))) virtual, c char(5) charset utf8mb4 generated always as (a ->> '$.y') stored, key (b))
---- mysql 50700 
create table enc (a int) encryption='N' compression='none' stats_persistent=0 stats_auto_recalc=default stats_sample_pages=10
---- mysql 50700 
alter table enc without validation, add x int
---- mysql 80000
create table m1 (id int not null auto_increment primary key, a int invisible, b varchar(10) default (concat('a', 'b')), c int check (c > 0), d int, constraint chk1 check (d < 10) not enforced, check ((a + d) > 1), key fx ((a + d)), unique key ufx ((d * 2), a), unique key (d desc), index iv (a) invisible, e point not null srid 4326, spatial index (e), f timestamp default (now()))
---- mysql 80000
create table m5 (id int primary key, a int invisible, d int, key iv (a), constraint chk5 check (id < 10) not enforced)
---- mysql 80000
alter table m5 rename column a to aa, rename column d to a
---- mysql 80000
alter table m5 add g int invisible after id, alter column aa set visible, alter index iv visible, alter check chk5 enforced, rename index iv to iw
---- mysql 80000
alter table m1 alter column c set invisible, alter b set default (uuid())
---- mysql 80000
alter table m1 drop check m1_chk_1, add constraint chk9 check (c < 100)
---- mysql 80000
alter table m1 drop constraint ufx
---- mysql 80000
alter table m1 alter constraint chk9 not enforced, algorithm=default
---- mysql 80000
alter table m1 add h int, algorithm=instant
---- mysql 80000
alter table m1 drop h, algorithm=instant
---- mysql 80000
create table m2 (a int, b int, unique ((a + 1)), unique ((b + 1)), unique key (a, (b + 2)))
---- mysql 80000
create table m3 (a varchar(10), b varchar(10) charset utf8mb4, c varchar(10) charset utf8mb3, d tinyint(1), e tinyint(1) unsigned, f int(8) zerofill, g year(4), h geometrycollection, i geomcollection) comment='{}'
---- mysql 80000
create table m4 like m1
---- mysql 80000
alter database read only = 0
---- mysql 80000
alter table m4 convert to character set utf8mb3
---- mysql 80000
alter table m5 rename column aa to bb, add column aa int after bb, drop column g
---- mysql 80000
create table fk8 (a int, b int not null, foreign key fkname (a) references m1 (id), constraint cname foreign key (b) references m1 (id), unique (a), unique (b, a))
---- mysql 80000
alter table fk8 add c int, add foreign key (c) references m1 (id), add unique (c)
---- mysql 80000
alter table fk8 drop foreign key fk8_ibfk_1, drop constraint cname
---- mysql 80023
create table gipk (`my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */, a int, primary key (my_row_id))
---- mysql 80000
drop table if exists m4, m2
---- mysql 80000
create table ps8 (a int not null, b text) partition by range (a) (partition p0 values less than (10), partition p1 values less than (20))
---- mysql 80000
alter table ps8 add partition (partition p2 values less than (30))
---- mysql 80000
create user if not exists tailrace_schema_u@localhost identified by 'x' require none password expire default account lock comment 'drop table m1'
---- mysql 80000
drop user if exists tailrace_schema_u@localhost
---- mysql 90000
create table vec (id int primary key, v vector, w vector(3) not null)
---- mysql 90000
alter table vec add x vector(16) after id, modify v vector(5)
---- mysql 80000
create table expr8 (a int default (abs(-5)), b json default (json_object('a', 1)), c char(36) default (uuid()), d int as (expr8.a + 1), e date default (curdate()), f datetime default (now() + interval 1 day))
---- mysql 80000
alter table expr8 rename to expr9, add column g int generated always as (expr8.a * 2) stored
---- mysql 80000
create table as_values as values row(1,2), row(3,4)
---- mysql 80000
create table as_table table m1
---- mysql 80000
create table as_with as with q as (select 1 as a) select * from q
---- mysql 80000
create spatial reference system if not exists 990001 name 'x' definition 'GEOGCS["a",DATUM["b",SPHEROID["c",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.017453292519943278],AXIS["Lat",NORTH],AXIS["Lon",EAST]]'
---- mysql 80000
drop spatial reference system if exists 990001
---- mysql
create server if not exists srv foreign data wrapper mysql options (host 'x', database 'y')
---- mysql
create server srv1 foreign data wrapper mysql options (user 'u', host 'x', database 'y')
---- mysql
drop server if exists srv1
