-- The login roles of Flowgrid and what they may do in the database that this file is run in.
--
--   createdb flowgrid && psql -d flowgrid -f prisma/roles.sql
--
-- It can be run again at any time, on PostgreSQL 15 or newer, by a superuser or by a role that may create roles.
-- Passwords are set apart from it: ALTER ROLE flowgrid_auth PASSWORD '...'.
-- Schemas, tables and the rights on them come with the migrations, which run as flowgrid_owner.

DO $roles$
DECLARE
  wanted text;
  wrong record;
BEGIN
  FOREACH wanted IN ARRAY ARRAY[
    'flowgrid_owner',         -- owns the schemas, runs the migrations, serves no request
    'flowgrid_auth',
    'flowgrid_agents',
    'flowgrid_design',
    'flowgrid_integrations',
    'flowgrid_router'         -- LISTEN and NOTIFY only: it has no right on any schema
  ] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN', wanted);
    EXCEPTION
      WHEN duplicate_object OR unique_violation THEN NULL; -- made by an earlier run, or by one at the same time
    END;
  END LOOP;

  -- Row level security means nothing to a superuser or to a role with BYPASSRLS. The attributes are altered only where
  -- they are wrong, because naming them in ALTER ROLE takes more rights than a managed database gives its administrator.
  FOR wrong IN
    SELECT rolname FROM pg_roles
    WHERE rolname LIKE 'flowgrid\_%' AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication)
  LOOP
    EXECUTE format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION', wrong.rolname);
  END LOOP;
END
$roles$;

-- A statement that nobody waits for any more must not hold its locks: it ends before the router's operation does (10 s), a
-- wait for a lock before its statement, and a transaction that a lost process left behind soon after. The owner has no such limits: a migration may take
-- long, and waits for another one that runs at the same time.
DO $limits$
DECLARE
  service text;
BEGIN
  FOREACH service IN ARRAY ARRAY[
    'flowgrid_auth', 'flowgrid_agents', 'flowgrid_design', 'flowgrid_integrations', 'flowgrid_router'
  ] LOOP
    EXECUTE format('ALTER ROLE %I SET statement_timeout = %L', service, '8s');
    EXECUTE format('ALTER ROLE %I SET lock_timeout = %L', service, '5s');
    EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = %L', service, '15s');
  END LOOP;
END
$limits$;

DO $database$
DECLARE
  service text;
BEGIN
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  FOREACH service IN ARRAY ARRAY[
    'flowgrid_auth', 'flowgrid_agents', 'flowgrid_design', 'flowgrid_integrations', 'flowgrid_router'
  ] LOOP
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), service);
  END LOOP;
  EXECUTE format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO flowgrid_owner', current_database());
END
$database$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
