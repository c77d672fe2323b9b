-- A database with all that backups are known to lose: Tests/Ops/Backup makes it and takes it round.
-- To be run as a superuser, in an empty database.

CREATE EXTENSION hstore;
CREATE EXTENSION citext;
CREATE EXTENSION pg_trgm;
CREATE EXTENSION postgres_fdw;
CREATE EXTENSION file_fdw;

CREATE SCHEMA shop;
CREATE SCHEMA "odd.Schema";

-- Types of our own.
CREATE TYPE shop.state AS ENUM ('new', 'paid', 'sent');
CREATE DOMAIN shop.positive AS integer CHECK (VALUE > 0);
CREATE TYPE shop.place AS (street text, number integer);
CREATE TYPE shop.span AS RANGE (subtype = numeric);
CREATE COLLATION shop.bytes (provider = libc, locale = 'C');

-- Every kind of value whose text depends on settings.
CREATE TABLE shop.value (
  id integer PRIMARY KEY,
  real4 real, real8 double precision, exact numeric,
  day date, moment timestamptz, local_moment timestamp, length interval,
  bytes bytea, document jsonb, raw json, words tsvector, amount money,
  pairs hstore, folded citext, place shop.place, span shop.span, state shop.state,
  list integer[], matrix text[][], address inet, bits bit varying, nothing text
);
INSERT INTO shop.value
SELECT n, n / 3.0, exp(n / 10.0), n::numeric / 7, date '2024-02-29' + n,
  timestamptz '2024-03-31 01:30:00+00' + n * interval '1 hour',
  timestamp '1999-12-31 23:59:59.999999', n * interval '1 day 2 hours',
  sha256(n::text::bytea), jsonb_build_object('n', n, 'text', repeat('é', n % 5)),
  '{"b": 1,  "a": 2}', to_tsvector('simple', 'one two ' || n), n::numeric::money,
  hstore('key', n::text), 'MiXed' || n, ROW('street, "quoted"', n)::shop.place,
  shop.span(n, n + 1), 'paid', ARRAY[n, NULL, n + 1], ARRAY[['a', 'b'], ['c', 'd']],
  '10.0.0.1', B'1011', NULL
FROM generate_series(1, 200) AS n;
INSERT INTO shop.value (id, real8, moment, raw) VALUES
  (1001, 'NaN', 'infinity', '""'), (1002, '-Infinity', '-infinity', 'null'),
  (1003, 0.1 + 0.2, NULL, '[]');

-- Generated and identity columns, and a column that is no longer there.
CREATE TABLE shop.article (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dropped text,
  net numeric NOT NULL,
  gross numeric GENERATED ALWAYS AS (net * 1.19) STORED,
  name text COLLATE shop.bytes DEFAULT 'no name',
  size varchar(10) CHECK (size IN ('small', 'large')),
  count shop.positive
);
ALTER TABLE shop.article DROP COLUMN dropped;
INSERT INTO shop.article (net, name, size, count)
SELECT n, 'article ' || n, 'small', n FROM generate_series(1, 100) AS n;
CREATE UNIQUE INDEX article_name ON shop.article (lower(name)) WHERE net > 0;
CREATE INDEX article_trigrams ON shop.article USING gin (name gin_trgm_ops);
CREATE STATISTICS shop.article_statistics ON net, count FROM shop.article;

-- Partitions, by range and by hash within, one attached with its columns in another order.
CREATE TABLE shop.event (at timestamptz NOT NULL, kind integer NOT NULL, note text)
  PARTITION BY RANGE (at);
CREATE TABLE shop.event_2024 PARTITION OF shop.event
  FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') PARTITION BY HASH (kind);
CREATE TABLE shop.event_2024_0 PARTITION OF shop.event_2024 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.event_2024_1 PARTITION OF shop.event_2024 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.event_rest (note text, kind integer NOT NULL, at timestamptz NOT NULL);
ALTER TABLE shop.event ATTACH PARTITION shop.event_rest DEFAULT;
ALTER TABLE shop.event ADD PRIMARY KEY (at, kind);
INSERT INTO shop.event
SELECT timestamptz '2023-12-31' + n * interval '1 day', n, 'note ' || n
FROM generate_series(1, 500) AS n;

-- Inheritance whose columns a restore puts in another order.
CREATE TABLE shop.animal (name text, legs integer);
CREATE TABLE shop.dog (breed text, legs integer, name text);
ALTER TABLE shop.dog INHERIT shop.animal;
INSERT INTO shop.dog VALUES ('terrier', 4, 'Rex');
INSERT INTO shop.animal VALUES ('Nemo', 0);

-- Foreign keys in a circle, one of them to itself.
CREATE TABLE shop.team (id integer PRIMARY KEY, lead integer, parent integer REFERENCES shop.team);
CREATE TABLE shop.person (id integer PRIMARY KEY, team integer REFERENCES shop.team);
ALTER TABLE shop.team ADD CONSTRAINT team_lead FOREIGN KEY (lead) REFERENCES shop.person
  DEFERRABLE INITIALLY DEFERRED;
BEGIN;
INSERT INTO shop.team VALUES (1, 1, NULL), (2, 2, 1);
INSERT INTO shop.person VALUES (1, 1), (2, 2);
COMMIT;

-- Sequences: given, not given yet, going down, in a circle.
CREATE SEQUENCE shop.used START 10;
SELECT nextval('shop.used'), nextval('shop.used');
CREATE SEQUENCE shop.unused START 77;
CREATE SEQUENCE shop.down INCREMENT -3 MAXVALUE 100 START 100 MINVALUE -100;
SELECT nextval('shop.down'), nextval('shop.down');
CREATE SEQUENCE shop.circle MINVALUE 1 MAXVALUE 3 CYCLE;
SELECT setval('shop.circle', 3, true);
CREATE TABLE shop.counted (id serial PRIMARY KEY, note text);
INSERT INTO shop.counted (note) SELECT 'note' FROM generate_series(1, 17);

-- Odd identifiers and texts.
CREATE TABLE "odd.Schema"."Say ""hi"".* ;--" ("select" integer, "Überschrift %" text, " " text);
INSERT INTO "odd.Schema"."Say ""hi"".* ;--" VALUES
  (1, E'tab\tline\nback\\slash', '\.'), (2, 'emoji 🦊', E'\u200b'), (3, '', NULL);
CREATE TABLE "odd.Schema"."Select" ();
INSERT INTO "odd.Schema"."Select" DEFAULT VALUES;
CREATE UNLOGGED TABLE shop.cache (key text, value text);
INSERT INTO shop.cache VALUES ('a', 'b');

-- Views, one of them with rows of its own, one not filled.
CREATE VIEW shop.dear AS SELECT id, gross FROM shop.article WHERE gross > 100;
CREATE MATERIALIZED VIEW shop.totals AS SELECT kind % 10 AS kind, count(*) FROM shop.event GROUP BY 1;
CREATE MATERIALIZED VIEW shop.later AS SELECT 1 AS one WITH NO DATA;

-- Functions, triggers, rules.
CREATE FUNCTION shop.double(number integer) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN number * 2;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.note := NEW.note || '!'; RETURN NEW; END $$;
CREATE TRIGGER counted_touch BEFORE UPDATE ON shop.counted
  FOR EACH ROW EXECUTE FUNCTION shop.touch();
CREATE RULE cache_keep AS ON DELETE TO shop.cache DO INSTEAD NOTHING;

-- Row level security: who is no superuser sees some rows only.
CREATE TABLE shop.tenant (id integer PRIMARY KEY, owner text NOT NULL);
INSERT INTO shop.tenant SELECT n, 'tenant ' || n % 3 FROM generate_series(1, 30) AS n;
ALTER TABLE shop.tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON shop.tenant USING (owner = current_user);

-- Data that is elsewhere.
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE shop.lines (line text) SERVER files OPTIONS (filename '/dev/null');
CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', dbname 'other');
CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (user 'reader');
CREATE FOREIGN TABLE shop.remote (id integer) SERVER other;

-- Large objects: small, of several pieces, with a gap, empty.
SELECT lo_from_bytea(90001, 'small'::bytea);
SELECT lo_from_bytea(90002, convert_to(repeat('large object ', 200000), 'UTF8'));
SELECT lo_create(90003);
SELECT lo_put(90003, 1500000, 'behind a gap');
SELECT lo_create(90004);

CREATE PUBLICATION changes FOR TABLE shop.counted;
COMMENT ON TABLE shop.article IS 'with a "comment"';
