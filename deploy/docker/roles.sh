#!/bin/sh
# Makes the login roles, or brings them up to date, and sets their passwords. It runs as the administrator of the server
# (PGHOST, PGUSER, PGPASSWORD) in the database PGDATABASE, with prisma/roles.sql
# at ROLES_SQL, and can be repeated: that is how a password is changed.
set -eu
psql -X -q -v ON_ERROR_STOP=1 -f "$ROLES_SQL"
# The values come from the environment and not from the command line, which other processes can read.
psql -X -q -v ON_ERROR_STOP=1 <<'SQL'
\getenv owner OWNER_DB_PASSWORD
\getenv auth AUTH_DB_PASSWORD
\getenv agents AGENTS_DB_PASSWORD
\getenv design DESIGN_DB_PASSWORD
\getenv integrations INTEGRATIONS_DB_PASSWORD
\getenv router ROUTER_DB_PASSWORD
ALTER ROLE flowgrid_owner PASSWORD :'owner';
ALTER ROLE flowgrid_auth PASSWORD :'auth';
ALTER ROLE flowgrid_agents PASSWORD :'agents';
ALTER ROLE flowgrid_design PASSWORD :'design';
ALTER ROLE flowgrid_integrations PASSWORD :'integrations';
ALTER ROLE flowgrid_router PASSWORD :'router';
SQL
echo 'the login roles are ready'
