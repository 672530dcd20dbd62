What sql_mode changes in reading.
---- modes=ANSI_QUOTES
create table "ansi ""t" ("a b" int, "c" varchar(5) default 'x', d int comment 'q"q')
---- modes=ANSI_QUOTES
alter table "ansi ""t" rename to "ansi", add column "e" enum('a','b"c') after "a b"
---- modes=ANSI_QUOTES
drop table "ansi"
---- modes=NO_BACKSLASH_ESCAPES
create table nbe (a varchar(10) default '\', b enum('x\','y'), c int comment 'a\\')
---- modes=NO_BACKSLASH_ESCAPES
alter table nbe add d enum('\n','''') after a
---- modes=REAL_AS_FLOAT
create table raf (a real, b real(5,2), c double)
---- modes=ANSI
create table "an" ("x" real, y varchar(3) default 'z')
---- modes=PIPES_AS_CONCAT,IGNORE_SPACE
create table pac (a int default 1)
---- modes=NO_ENGINE_SUBSTITUTION
create table nonstrict (a varchar(70000), b varbinary(80000), c varchar(30000) charset utf8mb4, d varchar(20000) charset latin1)
