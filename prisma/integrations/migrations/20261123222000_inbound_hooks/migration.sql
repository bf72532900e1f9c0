-- Addresses at which other systems tell us of changes, and what they sent.

CREATE TABLE inbound_hook (
  tenant_id       uuid NOT NULL,
  id              uuid NOT NULL,
  integration_id  uuid,
  kind            text NOT NULL CHECK (kind IN ('GITHUB', 'JIRA', 'SERVICENOW', 'GENERIC')),
  verification    text NOT NULL CHECK (verification IN ('STANDARD_WEBHOOKS', 'HMAC_SHA256', 'BEARER_JWT')),
  name            text NOT NULL,
  is_enabled      boolean NOT NULL,
  -- Unguessable, and not the id: the id is shown in many places, the address to those alone who set the hook up.
  address         text NOT NULL,
  mapping         jsonb,
  created_at      timestamptz(6) NOT NULL,
  updated_at      timestamptz(6) NOT NULL,
  CONSTRAINT inbound_hook_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT inbound_hook_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE UNIQUE INDEX inbound_hook_address_key ON inbound_hook (address);
CREATE INDEX inbound_hook_tenant_id_integration_id_idx ON inbound_hook (tenant_id, integration_id);

ALTER TABLE inbound_hook ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbound_hook FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON inbound_hook TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON inbound_hook TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_hook TO flowgrid_integrations;

-- What the messages of a hook are signed with: the newest, and former ones for a while.
CREATE TABLE inbound_hook_secret (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL,
  hook_id     uuid NOT NULL,
  envelope    jsonb NOT NULL,
  created_at  timestamptz(6) NOT NULL,
  expires_at  timestamptz(6),
  CONSTRAINT inbound_hook_secret_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT inbound_hook_secret_tenant_id_hook_id_fkey FOREIGN KEY (tenant_id, hook_id)
    REFERENCES inbound_hook (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX inbound_hook_secret_tenant_id_hook_id_idx ON inbound_hook_secret (tenant_id, hook_id);

ALTER TABLE inbound_hook_secret ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbound_hook_secret FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON inbound_hook_secret TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON inbound_hook_secret TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_hook_secret TO flowgrid_integrations;

-- One message of another system: received once, however often it is sent. Also the queue of the work on it.
CREATE TABLE inbound_delivery (
  tenant_id         uuid NOT NULL,
  id                uuid NOT NULL,
  hook_id           uuid NOT NULL,
  delivery_key      text NOT NULL,
  event             text,
  size              integer NOT NULL,
  state             text NOT NULL CHECK (state IN ('READY', 'RUNNING', 'DONE', 'IGNORED', 'FAILED')),
  attempt           integer NOT NULL,
  -- Attempts until somebody had it worked on again: those do not count for giving up.
  forgiven          integer NOT NULL DEFAULT 0,
  run_after         timestamptz(6) NOT NULL,
  lease_expires_at  timestamptz(6),
  note              text,
  item_keys         text[] NOT NULL DEFAULT '{}',
  received_at       timestamptz(6) NOT NULL,
  finished_at       timestamptz(6),
  CONSTRAINT inbound_delivery_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT inbound_delivery_tenant_id_hook_id_fkey FOREIGN KEY (tenant_id, hook_id)
    REFERENCES inbound_hook (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE UNIQUE INDEX inbound_delivery_tenant_id_hook_id_delivery_key_key ON inbound_delivery (tenant_id, hook_id, delivery_key);
CREATE INDEX inbound_delivery_tenant_id_hook_id_received_at_id_idx ON inbound_delivery (tenant_id, hook_id, received_at, id);
CREATE INDEX inbound_delivery_received_at_idx ON inbound_delivery (received_at);
CREATE INDEX inbound_delivery_state_run_after_idx ON inbound_delivery (state, run_after);

ALTER TABLE inbound_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbound_delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON inbound_delivery TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON inbound_delivery TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_delivery TO flowgrid_integrations;

-- What was sent, apart from the queue. Headers are those that name the event; none that proves the sender.
CREATE TABLE inbound_delivery_content (
  tenant_id    uuid NOT NULL,
  delivery_id  uuid NOT NULL,
  headers      jsonb NOT NULL,
  body         bytea NOT NULL,
  CONSTRAINT inbound_delivery_content_pkey PRIMARY KEY (tenant_id, delivery_id),
  CONSTRAINT inbound_delivery_content_tenant_id_delivery_id_fkey FOREIGN KEY (tenant_id, delivery_id)
    REFERENCES inbound_delivery (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);

ALTER TABLE inbound_delivery_content ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbound_delivery_content FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON inbound_delivery_content TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON inbound_delivery_content TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON inbound_delivery_content TO flowgrid_integrations;

-- Where another system was told to send to a hook.
CREATE TABLE inbound_registration (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  hook_id        uuid NOT NULL,
  foreign_id     text NOT NULL,
  scope          text,
  expires_at     timestamptz(6),
  -- When it is to be renewed; moved on while somebody is at it.
  refresh_after  timestamptz(6),
  failures       integer NOT NULL DEFAULT 0,
  last_error     text,
  created_at     timestamptz(6) NOT NULL,
  CONSTRAINT inbound_registration_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT inbound_registration_tenant_id_hook_id_fkey FOREIGN KEY (tenant_id, hook_id)
    REFERENCES inbound_hook (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);
CREATE INDEX inbound_registration_tenant_id_hook_id_idx ON inbound_registration (tenant_id, hook_id);
CREATE INDEX inbound_registration_refresh_after_idx ON inbound_registration (refresh_after);

ALTER TABLE inbound_registration ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbound_registration FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON inbound_registration TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON inbound_registration TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON inbound_registration TO flowgrid_integrations;

-- Whose hook an address is.
CREATE FUNCTION find_inbound_hook(wanted text) RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  SELECT hook.tenant_id, hook.id FROM inbound_hook AS hook WHERE hook.address = wanted
$$;

-- Takes messages to work on: those of tenants with less work under way first, then those that wait longest.
CREATE FUNCTION claim_inbound_deliveries(lease_seconds integer, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid, attempt integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH waiting AS MATERIALIZED (
    SELECT delivery.tenant_id, delivery.id, delivery.run_after
    FROM inbound_delivery AS delivery
    WHERE delivery.state IN ('READY', 'RUNNING') AND delivery.run_after <= now()
      AND (delivery.state = 'READY' OR delivery.lease_expires_at <= now())
    ORDER BY delivery.run_after
    LIMIT 1000
  ), turns AS MATERIALIZED (
    SELECT waiting.tenant_id, waiting.id,
           row_number() OVER (PARTITION BY waiting.tenant_id ORDER BY waiting.run_after) AS turn, waiting.run_after
    FROM waiting
  ), next AS MATERIALIZED (
    SELECT delivery.tenant_id, delivery.id
    FROM turns JOIN inbound_delivery AS delivery ON delivery.tenant_id = turns.tenant_id AND delivery.id = turns.id
    WHERE delivery.state = 'READY' OR (delivery.state = 'RUNNING' AND delivery.lease_expires_at <= now())
    ORDER BY turns.turn, turns.run_after
    LIMIT least(greatest(page_size, 1), 100)
    FOR UPDATE OF delivery SKIP LOCKED
  )
  UPDATE inbound_delivery AS delivery
  SET state = 'RUNNING', attempt = delivery.attempt + 1,
      lease_expires_at = now() + make_interval(secs => least(greatest(lease_seconds, 1), 3600))
  FROM next
  WHERE delivery.tenant_id = next.tenant_id AND delivery.id = next.id
  RETURNING delivery.tenant_id, delivery.id, delivery.attempt
$$;

-- Takes registrations that are to be renewed; nobody else gets them while the lease lasts.
CREATE FUNCTION claim_inbound_registrations(lease_seconds integer, page_size integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH next AS MATERIALIZED (
    SELECT registration.tenant_id, registration.id
    FROM inbound_registration AS registration
    WHERE registration.refresh_after <= now()
    ORDER BY registration.refresh_after
    LIMIT least(greatest(page_size, 1), 100)
    FOR UPDATE SKIP LOCKED
  )
  UPDATE inbound_registration AS registration
  SET refresh_after = now() + make_interval(secs => least(greatest(lease_seconds, 1), 3600))
  FROM next
  WHERE registration.tenant_id = next.tenant_id AND registration.id = next.id
  RETURNING registration.tenant_id, registration.id
$$;

-- Forgets messages that are older than they are of use; a bounded number at a time. Returns how many.
CREATE FUNCTION purge_inbound_deliveries(age_days integer, page_size integer) RETURNS integer
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = integrations, pg_temp AS $$
  WITH old AS (
    SELECT delivery.tenant_id, delivery.id FROM inbound_delivery AS delivery
    WHERE delivery.received_at < now() - make_interval(days => greatest(age_days, 7))
    ORDER BY delivery.received_at
    LIMIT least(greatest(page_size, 1), 10000)
    FOR UPDATE SKIP LOCKED
  ), deleted AS (
    DELETE FROM inbound_delivery AS delivery USING old
    WHERE delivery.tenant_id = old.tenant_id AND delivery.id = old.id
    RETURNING 1
  )
  SELECT count(*)::integer FROM deleted
$$;

REVOKE EXECUTE ON FUNCTION find_inbound_hook(text), claim_inbound_deliveries(integer, integer),
  claim_inbound_registrations(integer, integer), purge_inbound_deliveries(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_inbound_hook(text), claim_inbound_deliveries(integer, integer),
  claim_inbound_registrations(integer, integer), purge_inbound_deliveries(integer, integer) TO flowgrid_integrations;
