-- How the connections of tenants are: their status with its history, and what all processes share about their limits.

ALTER TABLE integration DROP CONSTRAINT integration_status_check;
UPDATE integration SET status = CASE status WHEN 'CONNECTED' THEN 'HEALTHY' WHEN 'FAILED' THEN 'BROKEN' ELSE status END;
ALTER TABLE integration ADD CONSTRAINT integration_status_check
  CHECK (status IN ('UNTESTED', 'HEALTHY', 'DEGRADED', 'BROKEN'));
ALTER TABLE integration ADD COLUMN requests_per_minute integer;
ALTER TABLE integration ADD CONSTRAINT integration_requests_per_minute_check
  CHECK (requests_per_minute BETWEEN 1 AND 10000);
ALTER TABLE integration ADD COLUMN checked_capabilities jsonb;

CREATE TABLE integration_status_change (
  tenant_id       uuid            NOT NULL,
  integration_id  uuid            NOT NULL,
  id              uuid            NOT NULL,
  at              timestamptz(6)  NOT NULL,
  from_status     text            NOT NULL,
  to_status       text            NOT NULL,
  reason          text            NOT NULL,
  CONSTRAINT integration_status_change_pkey PRIMARY KEY (tenant_id, integration_id, id),
  CONSTRAINT integration_status_change_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
);

ALTER TABLE integration_status_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE integration_status_change FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON integration_status_change TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON integration_status_change TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON integration_status_change TO flowgrid_integrations;

-- One row per connection, written twice per request: it has no index but its key, and room for new versions on its page.
CREATE TABLE connection_state (
  tenant_id       uuid              NOT NULL,
  integration_id  uuid              NOT NULL,
  revision        integer           NOT NULL,
  tokens          double precision  NOT NULL,
  write_tokens    double precision  NOT NULL,
  refilled_at     timestamptz(6)    NOT NULL,
  slots           jsonb             NOT NULL DEFAULT '{}',
  paused_until    timestamptz(6),
  pauses          integer           NOT NULL DEFAULT 0,
  failures        integer           NOT NULL DEFAULT 0,
  openings        integer           NOT NULL DEFAULT 0,
  open_until      timestamptz(6),
  trial_slot      uuid,
  troubles        integer           NOT NULL DEFAULT 0,
  troubled_since  timestamptz(6),
  refusals        integer           NOT NULL DEFAULT 0,
  successes       integer           NOT NULL DEFAULT 0,
  CONSTRAINT connection_state_pkey PRIMARY KEY (tenant_id, integration_id),
  CONSTRAINT connection_state_tenant_id_integration_id_fkey FOREIGN KEY (tenant_id, integration_id)
    REFERENCES integration (tenant_id, id) ON DELETE CASCADE ON UPDATE NO ACTION
) WITH (fillfactor = 40);

ALTER TABLE connection_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE connection_state FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON connection_state TO flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid));
CREATE POLICY owner_access ON connection_state TO flowgrid_owner USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON connection_state TO flowgrid_integrations;

-- Asks for one request's turn at a connection. The clock is the database's, so that all processes have the same one.
-- `reserve` is what must stay in the bucket for those who wait at a screen. Runs with the rights of its caller.
CREATE FUNCTION take_connection_turn(
  tenant uuid, integration uuid, of_revision integer, slot uuid,
  is_write boolean, is_test boolean, reserve double precision,
  burst double precision, per_second double precision,
  write_burst double precision, write_per_second double precision,
  slot_limit integer, lease_seconds double precision
) RETURNS TABLE (outcome text, wait_seconds double precision)
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = integrations, pg_temp AS $$
DECLARE
  state connection_state;
  moment timestamptz;
  elapsed double precision;
  held jsonb;
  missing double precision;
BEGIN
  SELECT * INTO state FROM connection_state AS s WHERE s.tenant_id = tenant AND s.integration_id = integration FOR UPDATE;
  IF NOT FOUND THEN
    INSERT INTO connection_state (tenant_id, integration_id, revision, tokens, write_tokens, refilled_at)
    SELECT i.tenant_id, i.id, of_revision, burst, write_burst, clock_timestamp()
    FROM integration AS i WHERE i.tenant_id = tenant AND i.id = integration
    ON CONFLICT (tenant_id, integration_id) DO NOTHING;
    SELECT * INTO state FROM connection_state AS s WHERE s.tenant_id = tenant AND s.integration_id = integration FOR UPDATE;
    IF NOT FOUND THEN
      RETURN QUERY SELECT 'GONE', 0::double precision;
      RETURN;
    END IF;
  END IF;
  -- After the wait for the row.
  moment := clock_timestamp();
  IF state.revision > of_revision THEN
    RETURN QUERY SELECT 'STALE', 0::double precision;
    RETURN;
  END IF;
  -- Another address or credential: what is known is of the former one.
  IF state.revision < of_revision THEN
    state.tokens := burst;
    state.write_tokens := write_burst;
    state.refilled_at := moment;
    state.slots := '{}';
    state.paused_until := NULL;
    state.pauses := 0;
    state.failures := 0;
    state.openings := 0;
    state.open_until := NULL;
    state.trial_slot := NULL;
    state.troubles := 0;
    state.troubled_since := NULL;
    state.refusals := 0;
    state.successes := 0;
  END IF;
  IF state.paused_until > moment THEN
    RETURN QUERY SELECT 'PAUSED', extract(epoch FROM state.paused_until - moment)::double precision;
    RETURN;
  END IF;
  IF NOT is_test AND state.open_until > moment THEN
    RETURN QUERY SELECT 'OPEN', extract(epoch FROM state.open_until - moment)::double precision;
    RETURN;
  END IF;
  -- The slots of those who were killed have run out.
  SELECT coalesce(jsonb_object_agg(s.key, s.value), '{}') INTO held FROM jsonb_each(state.slots) AS s
  WHERE s.value::double precision > extract(epoch FROM moment);
  IF (SELECT count(*) FROM jsonb_object_keys(held)) >= slot_limit THEN
    RETURN QUERY SELECT 'BUSY', 0.1::double precision;
    RETURN;
  END IF;
  elapsed := greatest(extract(epoch FROM moment - state.refilled_at), 0);
  state.tokens := least(burst, state.tokens + elapsed * per_second);
  state.write_tokens := least(write_burst, state.write_tokens + elapsed * write_per_second);
  missing := greatest(
    (1 + reserve - state.tokens) / per_second,
    CASE WHEN is_write THEN (1 - state.write_tokens) / write_per_second ELSE 0 END);
  IF missing > 0 THEN
    RETURN QUERY SELECT 'EMPTY', missing;
    RETURN;
  END IF;
  -- One tries whether a system that was left alone is there again; the others wait for what it finds.
  IF state.open_until IS NOT NULL AND NOT is_test THEN
    state.open_until := moment + make_interval(secs => lease_seconds);
    state.trial_slot := slot;
  END IF;
  UPDATE connection_state AS s SET
    revision = of_revision,
    tokens = state.tokens - 1,
    write_tokens = state.write_tokens - CASE WHEN is_write THEN 1 ELSE 0 END,
    refilled_at = moment,
    slots = held || jsonb_build_object(slot::text, extract(epoch FROM moment) + lease_seconds),
    paused_until = NULL,
    pauses = state.pauses,
    failures = state.failures,
    openings = state.openings,
    open_until = state.open_until,
    trial_slot = state.trial_slot,
    troubles = state.troubles,
    troubled_since = state.troubled_since,
    refusals = state.refusals,
    successes = state.successes
  WHERE s.tenant_id = tenant AND s.integration_id = integration;
  RETURN QUERY SELECT 'TAKEN', 0::double precision;
END
$$;

-- Gives a turn back and says how it went: ANSWERED, REFUSED (403), UNAUTHORIZED (401), LIMITED, OUTAGE, MISDIRECTED (the
-- address leads nowhere) or NOTHING (nobody waited for the end). `pause_seconds` is what the answer asks for; negative where it
-- names no time: then that long, doubled for each pause in a row. Returns what is known then, if it is still of this revision.
CREATE FUNCTION end_connection_turn(
  tenant uuid, integration uuid, of_revision integer, slot uuid, how text, pause_seconds double precision
) RETURNS TABLE (status text, troubles integer, refusals integer, successes integer, pause_left double precision)
LANGUAGE plpgsql VOLATILE SECURITY INVOKER SET search_path = integrations, pg_temp AS $$
#variable_conflict use_column
DECLARE
  state connection_state;
  moment timestamptz;
  is_paused boolean;
  opens boolean;
BEGIN
  SELECT * INTO state FROM connection_state AS s WHERE s.tenant_id = tenant AND s.integration_id = integration FOR UPDATE;
  IF NOT FOUND OR state.revision <> of_revision THEN
    RETURN;
  END IF;
  moment := clock_timestamp();
  is_paused := coalesce(state.paused_until > moment, false);
  state.slots := state.slots - slot::text;
  IF how = 'OUTAGE' THEN
    opens := state.failures = 4 OR coalesce(state.trial_slot = slot, false);
    state.failures := state.failures + 1;
    IF opens THEN
      -- With jitter: connections that failed together do not come back together.
      state.open_until := moment + make_interval(secs => least(300, 30 * 2 ^ least(state.openings, 4)) * (0.75 + random() / 4));
      state.openings := state.openings + 1;
    END IF;
  ELSIF how <> 'NOTHING' AND how <> 'MISDIRECTED' THEN
    state.failures := 0;
    state.openings := 0;
    state.open_until := NULL;
  ELSIF state.trial_slot = slot THEN
    state.open_until := moment;
  END IF;
  IF state.trial_slot = slot THEN
    state.trial_slot := NULL;
  END IF;
  IF pause_seconds IS NOT NULL THEN
    state.paused_until := greatest(
      CASE WHEN is_paused THEN state.paused_until END,
      moment + make_interval(secs => CASE
        WHEN pause_seconds >= 0 THEN pause_seconds
        WHEN is_paused THEN -pause_seconds
        ELSE least(3600, -pause_seconds * 2 ^ least(state.pauses, 6)) END));
    -- Several that are refused at once are one pause.
    IF pause_seconds < 0 AND NOT is_paused THEN
      state.pauses := state.pauses + 1;
    END IF;
  ELSIF how = 'ANSWERED' AND NOT is_paused THEN
    state.pauses := 0;
  END IF;
  IF coalesce(state.troubled_since < moment - interval '10 minutes', true) THEN
    state.troubled_since := NULL;
    state.troubles := 0;
  END IF;
  IF how IN ('OUTAGE', 'LIMITED', 'REFUSED', 'MISDIRECTED') THEN
    state.troubles := state.troubles + 1;
    state.troubled_since := coalesce(state.troubled_since, moment);
  END IF;
  state.successes := CASE how WHEN 'ANSWERED' THEN least(state.successes, 1000) + 1 WHEN 'NOTHING' THEN state.successes ELSE 0 END;
  state.refusals := CASE how WHEN 'REFUSED' THEN state.refusals + 1 WHEN 'ANSWERED' THEN 0 ELSE state.refusals END;
  UPDATE connection_state AS s SET
    slots = state.slots,
    paused_until = state.paused_until,
    pauses = state.pauses,
    failures = state.failures,
    openings = state.openings,
    open_until = state.open_until,
    trial_slot = state.trial_slot,
    troubles = state.troubles,
    troubled_since = state.troubled_since,
    refusals = state.refusals,
    successes = state.successes
  WHERE s.tenant_id = tenant AND s.integration_id = integration;
  RETURN QUERY
    SELECT i.status, state.troubles, state.refusals, state.successes,
      greatest(extract(epoch FROM state.paused_until - moment), 0)::double precision
    FROM integration AS i
    WHERE i.tenant_id = tenant AND i.id = integration AND i.connection_revision = of_revision;
END
$$;

REVOKE EXECUTE ON FUNCTION
  take_connection_turn(uuid, uuid, integer, uuid, boolean, boolean, double precision, double precision, double precision,
    double precision, double precision, integer, double precision),
  end_connection_turn(uuid, uuid, integer, uuid, text, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  take_connection_turn(uuid, uuid, integer, uuid, boolean, boolean, double precision, double precision, double precision,
    double precision, double precision, integer, double precision),
  end_connection_turn(uuid, uuid, integer, uuid, text, double precision) TO flowgrid_integrations;
