-- The PostgreSQL transport: what is to be delivered, to whom, and what became of it.
--
-- No service writes here by itself. Functions that run with the owner's rights look at the login role (session_user): it
-- publishes events of its own resources, and receives from its own sources only. They give tenant and id; the content is
-- then read with the rights of the service, under the tenant's row level security.

GRANT USAGE ON SCHEMA messaging TO flowgrid_agents, flowgrid_design, flowgrid_integrations;

-- Where messages are received from, as in packages/messaging/src/transport/topology.ts. A subscription names the
-- resources whose events it is given; a queue has none. Rows come by migrations only: a service that could add one
-- could listen to another.
CREATE TABLE source (
  name          text NOT NULL,
  service_role  text NOT NULL,
  resources     text[],
  CONSTRAINT source_pkey PRIMARY KEY (name),
  CHECK (name ~ '^(subscription|queue):[a-z-]+$' AND (resources IS NULL) = (name LIKE 'queue:%'))
);
INSERT INTO source (name, service_role, resources) VALUES
  ('subscription:design-agents', 'flowgrid_design', ARRAY['agent']),
  ('queue:design-jobs', 'flowgrid_design', NULL),
  ('queue:webhook-deliveries', 'flowgrid_integrations', NULL);

-- Which service tells of which resource.
CREATE TABLE event_resource (
  resource      text NOT NULL,
  service_role  text NOT NULL,
  CONSTRAINT event_resource_pkey PRIMARY KEY (resource)
);
INSERT INTO event_resource (resource, service_role) VALUES
  ('agent', 'flowgrid_agents'),
  ('design_session', 'flowgrid_design'),
  ('integration', 'flowgrid_integrations');

CREATE SEQUENCE delivery_id;
CREATE SEQUENCE delivery_token;

-- The queue, without content. Deliveries of one source and order key form a lane, in the order of their ids: one of them
-- is READY, LOCKED or RESTING, those behind it are WAITING. What is SCHEDULED for later or DEAD is in no lane.
CREATE TABLE delivery (
  tenant_id     uuid NOT NULL,
  id            bigint NOT NULL,
  source        text NOT NULL,
  order_key     text,
  state         text NOT NULL CHECK (state IN ('SCHEDULED', 'READY', 'WAITING', 'LOCKED', 'RESTING', 'DEAD')),
  attempt       integer NOT NULL DEFAULT 0,
  run_after     timestamptz(6),
  locked_until  timestamptz(6),
  token         bigint,
  dead_at       timestamptz(6),
  CONSTRAINT delivery_pkey PRIMARY KEY (tenant_id, id),
  CHECK ((state = 'LOCKED') = (locked_until IS NOT NULL AND token IS NOT NULL)),
  CHECK ((state IN ('SCHEDULED', 'RESTING')) = (run_after IS NOT NULL)),
  CHECK ((state = 'DEAD') = (dead_at IS NOT NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX delivery_ready_idx ON delivery (source, tenant_id, id) WHERE state = 'READY';
CREATE INDEX delivery_locked_idx ON delivery (source, locked_until) WHERE state = 'LOCKED';
CREATE INDEX delivery_later_idx ON delivery (source, run_after) WHERE state IN ('SCHEDULED', 'RESTING');
CREATE INDEX delivery_lane_idx ON delivery (source, order_key, id)
  WHERE state IN ('READY', 'WAITING', 'LOCKED', 'RESTING') AND order_key IS NOT NULL;
CREATE INDEX delivery_dead_idx ON delivery (source, dead_at, id) WHERE state = 'DEAD';

-- The content of one delivery; it goes with it.
CREATE TABLE message (
  tenant_id         uuid NOT NULL,
  id                bigint NOT NULL,
  source            text NOT NULL,
  message_id        text NOT NULL,
  type              text NOT NULL,
  order_key         text,
  body              text NOT NULL,
  dead_reason       text,
  dead_description  text,
  CONSTRAINT message_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT message_tenant_id_id_fkey FOREIGN KEY (tenant_id, id)
    REFERENCES delivery (tenant_id, id) ON DELETE CASCADE ON UPDATE CASCADE
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_access ON delivery TO flowgrid_owner USING (true) WITH CHECK (true);
ALTER TABLE message ENABLE ROW LEVEL SECURITY;
ALTER TABLE message FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_access ON message TO flowgrid_owner USING (true) WITH CHECK (true);
-- The current tenant's, and of them what the service receives.
CREATE POLICY tenant_isolation ON message TO flowgrid_agents, flowgrid_design, flowgrid_integrations
  USING (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND source IN (SELECT own.name FROM source AS own WHERE own.service_role = current_user))
  WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.tenant_id', true), '')::uuid)
    AND source IN (SELECT own.name FROM source AS own WHERE own.service_role = current_user));
GRANT SELECT ON message, source TO flowgrid_agents, flowgrid_design, flowgrid_integrations;

CREATE FUNCTION require_source(wanted text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = messaging, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM source AS own WHERE own.name = wanted AND own.service_role = session_user) THEN
    RAISE EXCEPTION 'permission denied: % is no source of %', wanted, session_user USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$$;

-- Whoever adds to a lane and whoever takes from it exclude each other: else a delivery could be put behind one that is
-- just being taken away, and wait for ever. Always in the same order, so that no two wait for each other, and by a
-- bounded number of locks.
CREATE FUNCTION lock_lanes(lanes text[]) RETURNS void
LANGUAGE sql VOLATILE SET search_path = messaging, pg_temp AS $$
  SELECT pg_advisory_xact_lock(1179405639, bucket.number)
  FROM (SELECT DISTINCT hashtext(lane) & 1023 AS number FROM unnest(lanes) AS lane WHERE lane IS NOT NULL ORDER BY 1) AS bucket
$$;

-- Whoever wakes deliveries holds rows already when it comes to the lanes of those that are lost for good. Waiting for a
-- lane then could be waiting for somebody who waits for such a row: it goes on without, and the next one tries again.
CREATE FUNCTION try_lock_lanes(lanes text[]) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = messaging, pg_temp AS $$
  SELECT coalesce(bool_and(pg_try_advisory_xact_lock(1179405639, bucket.number)), true)
  FROM (SELECT DISTINCT hashtext(lane) & 1023 AS number FROM unnest(lanes) AS lane WHERE lane IS NOT NULL) AS bucket
$$;

CREATE FUNCTION is_lane_free(in_source text, key text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = messaging, pg_temp AS $$
  SELECT NOT EXISTS (
    SELECT FROM delivery AS ahead
    WHERE ahead.source = in_source AND ahead.order_key = key AND ahead.order_key IS NOT NULL
      AND ahead.state IN ('READY', 'WAITING', 'LOCKED', 'RESTING'))
$$;

-- Adds messages to the sources beside them, in the order of the array.
CREATE FUNCTION add_messages(messages json, sources text[], not_before timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = messaging, pg_temp AS $$
BEGIN
  PERFORM lock_lanes(ARRAY(
    SELECT DISTINCT target || ' ' || (item ->> 'orderKey')
    FROM json_array_elements(messages) AS item CROSS JOIN unnest(sources) AS target));
  WITH incoming AS MATERIALIZED (
    SELECT nextval('delivery_id') AS id, ordered.* FROM (
      SELECT target.name AS source, item.ordinality, item."tenantId" AS tenant_id, item.id AS message_id, item.type,
             item."orderKey" AS order_key, item.body
      FROM ROWS FROM (json_to_recordset(messages)
        AS (id text, "tenantId" uuid, type text, "orderKey" text, body text)) WITH ORDINALITY AS item
      JOIN source AS target ON target.name = ANY (sources)
        AND (target.resources IS NULL OR split_part(item.type, '.', 1) = ANY (target.resources))
      ORDER BY item.ordinality, target.name
    ) AS ordered
  ), added AS (
    INSERT INTO delivery (tenant_id, id, source, order_key, state, run_after)
    SELECT incoming.tenant_id, incoming.id, incoming.source, incoming.order_key,
           CASE
             WHEN not_before > clock_timestamp() THEN 'SCHEDULED'
             WHEN incoming.order_key IS NULL THEN 'READY'
             WHEN row_number() OVER (PARTITION BY incoming.source, incoming.order_key ORDER BY incoming.id) = 1
               AND is_lane_free(incoming.source, incoming.order_key) THEN 'READY'
             ELSE 'WAITING'
           END,
           CASE WHEN not_before > clock_timestamp() THEN not_before END
    FROM incoming
  )
  INSERT INTO message (tenant_id, id, source, message_id, type, order_key, body)
  SELECT incoming.tenant_id, incoming.id, incoming.source, incoming.message_id, incoming.type, incoming.order_key, incoming.body
  FROM incoming;
  PERFORM pg_notify('flowgrid-messages', target) FROM unnest(sources) AS target;
END
$$;

-- Gives every subscription a copy of what its filter takes. A service tells of its own resources only.
CREATE FUNCTION publish_messages(messages json) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = messaging, pg_temp AS $$
DECLARE
  foreign_type text;
BEGIN
  SELECT item.type INTO foreign_type FROM json_to_recordset(messages) AS item (type text)
  WHERE NOT EXISTS (
    SELECT FROM event_resource AS own
    WHERE own.resource = split_part(item.type, '.', 1) AND own.service_role = session_user)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'permission denied: % does not tell of %', session_user, foreign_type USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM add_messages(messages, ARRAY(
    SELECT DISTINCT target.name FROM source AS target
    JOIN json_to_recordset(messages) AS item (type text) ON split_part(item.type, '.', 1) = ANY (target.resources)), NULL);
END
$$;

CREATE FUNCTION send_messages(to_queue text, messages json, not_before timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = messaging, pg_temp AS $$
BEGIN
  PERFORM require_source('queue:' || to_queue);
  PERFORM add_messages(messages, ARRAY['queue:' || to_queue], not_before);
END
$$;

-- Puts what is scheduled or dead at the end of its lane, in the order given, as if it had been sent now.
CREATE FUNCTION place_deliveries(tenant_ids uuid[], ids bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = messaging, pg_temp AS $$
BEGIN
  PERFORM lock_lanes(ARRAY(
    SELECT placed.source || ' ' || placed.order_key
    FROM delivery AS placed JOIN unnest(tenant_ids, ids) AS wanted (tenant_id, id)
      ON placed.tenant_id = wanted.tenant_id AND placed.id = wanted.id));
  WITH next AS MATERIALIZED (
    SELECT nextval('delivery_id') AS new_id, ordered.* FROM (
      SELECT placed.tenant_id, placed.id,
             CASE
               WHEN placed.order_key IS NULL THEN 'READY'
               WHEN row_number() OVER (PARTITION BY placed.source, placed.order_key ORDER BY wanted.ordinality) = 1
                 AND is_lane_free(placed.source, placed.order_key) THEN 'READY'
               ELSE 'WAITING'
             END AS state
      FROM unnest(tenant_ids, ids) WITH ORDINALITY AS wanted (tenant_id, id, ordinality)
      JOIN delivery AS placed ON placed.tenant_id = wanted.tenant_id AND placed.id = wanted.id
      WHERE placed.state IN ('SCHEDULED', 'DEAD')
      ORDER BY wanted.ordinality
    ) AS ordered
  )
  UPDATE delivery AS placed
  SET id = next.new_id, state = next.state, attempt = 0, run_after = NULL, dead_at = NULL
  FROM next WHERE placed.tenant_id = next.tenant_id AND placed.id = next.id;
END
$$;

-- Lets the next of each lane go; the one before it must be gone.
CREATE FUNCTION advance_lanes(in_source text, order_keys text[]) RETURNS void
LANGUAGE sql VOLATILE SET search_path = messaging, pg_temp AS $$
  UPDATE delivery AS next SET state = 'READY'
  FROM (
    SELECT first.tenant_id, first.id
    FROM (SELECT DISTINCT given FROM unnest(order_keys) AS given WHERE given IS NOT NULL) AS lane (order_key)
    CROSS JOIN LATERAL (
      SELECT ahead.tenant_id, ahead.id, ahead.state FROM delivery AS ahead
      WHERE ahead.source = in_source AND ahead.order_key = lane.order_key AND ahead.order_key IS NOT NULL
        AND ahead.state IN ('READY', 'WAITING', 'LOCKED', 'RESTING')
      ORDER BY ahead.id LIMIT 1
    ) AS first
    WHERE first.state = 'WAITING'
  ) AS head
  WHERE next.tenant_id = head.tenant_id AND next.id = head.id
$$;

-- What became of locked deliveries. A settlement whose token is not the lock's any more does nothing.
--   done: the delivery and its content go. rest: again after a pause. return: again, as if it had not been delivered.
--   dead: kept with the reason.
CREATE FUNCTION settle_deliveries(from_source text, settlements json) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = messaging, pg_temp AS $$
DECLARE
  settled record;
  left_lanes text[];
BEGIN
  PERFORM require_source(from_source);
  PERFORM lock_lanes(ARRAY(
    SELECT from_source || ' ' || item."orderKey"
    FROM json_to_recordset(settlements) AS item (outcome text, "orderKey" text)
    WHERE item.outcome IN ('done', 'dead')));
  WITH deleted AS (
    DELETE FROM delivery AS held
    USING json_to_recordset(settlements) AS item (outcome text, "tenantId" uuid, id bigint, token bigint)
    WHERE item.outcome = 'done' AND held.tenant_id = item."tenantId" AND held.id = item.id
      AND held.source = from_source AND held.state = 'LOCKED' AND held.token = item.token
    RETURNING held.order_key
  )
  SELECT array_agg(deleted.order_key) INTO left_lanes FROM deleted;
  FOR settled IN
    SELECT item.* FROM json_to_recordset(settlements)
      AS item (outcome text, "tenantId" uuid, id bigint, token bigint, "orderKey" text, "delayMs" double precision, reason text, description text)
    WHERE item.outcome <> 'done'
  LOOP
    UPDATE delivery AS held
    SET state = CASE settled.outcome WHEN 'dead' THEN 'DEAD' WHEN 'return' THEN 'READY' ELSE 'RESTING' END,
        attempt = held.attempt - CASE settled.outcome WHEN 'return' THEN 1 ELSE 0 END,
        run_after = CASE settled.outcome
          WHEN 'rest' THEN clock_timestamp() + make_interval(secs => least(settled."delayMs" / 1000, 86400)) END,
        dead_at = CASE settled.outcome WHEN 'dead' THEN clock_timestamp() END,
        locked_until = NULL,
        token = NULL
    WHERE held.tenant_id = settled."tenantId" AND held.id = settled.id
      AND held.source = from_source AND held.state = 'LOCKED' AND held.token = settled.token;
    IF FOUND AND settled.outcome = 'dead' THEN
      UPDATE message AS dead SET dead_reason = settled.reason, dead_description = settled.description
      WHERE dead.tenant_id = settled."tenantId" AND dead.id = settled.id;
      left_lanes := left_lanes || settled."orderKey";
    ELSIF FOUND AND settled.outcome = 'return' THEN
      PERFORM pg_notify('flowgrid-messages', from_source);
    END IF;
  END LOOP;
  PERFORM advance_lanes(from_source, left_lanes);
END
$$;

-- Makes ready what has rested, what is due, and what a lost receiver held. The last delivery of a message that no
-- receiver outlives makes it a dead letter.
CREATE FUNCTION wake_deliveries(from_source text, max_deliveries integer) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = messaging, pg_temp AS $$
DECLARE
  due_tenants uuid[];
  due_ids bigint[];
  lanes text[];
BEGIN
  UPDATE delivery AS woken SET state = 'READY', run_after = NULL
  FROM (
    SELECT rested.tenant_id, rested.id FROM delivery AS rested
    WHERE rested.source = from_source AND rested.state = 'RESTING' AND rested.state IN ('SCHEDULED', 'RESTING')
      AND rested.run_after <= clock_timestamp()
    FOR UPDATE SKIP LOCKED
  ) AS due
  WHERE woken.tenant_id = due.tenant_id AND woken.id = due.id;

  -- Only what is in no lane is locked by now, and nobody who holds a lane wants that.
  SELECT array_agg(due.tenant_id ORDER BY due.run_after, due.id), array_agg(due.id ORDER BY due.run_after, due.id)
  INTO due_tenants, due_ids
  FROM (
    SELECT scheduled.tenant_id, scheduled.id, scheduled.run_after FROM delivery AS scheduled
    WHERE scheduled.source = from_source AND scheduled.state = 'SCHEDULED' AND scheduled.state IN ('SCHEDULED', 'RESTING')
      AND scheduled.run_after <= clock_timestamp()
    ORDER BY scheduled.run_after LIMIT 1000
    FOR UPDATE SKIP LOCKED
  ) AS due;
  IF due_ids IS NOT NULL THEN
    PERFORM place_deliveries(due_tenants, due_ids);
  END IF;

  UPDATE delivery AS woken SET state = 'READY', locked_until = NULL, token = NULL
  FROM (
    SELECT lost.tenant_id, lost.id FROM delivery AS lost
    WHERE lost.source = from_source AND lost.state = 'LOCKED' AND lost.locked_until <= clock_timestamp()
      AND lost.attempt < max_deliveries
    FOR UPDATE SKIP LOCKED
  ) AS due
  WHERE woken.tenant_id = due.tenant_id AND woken.id = due.id;

  SELECT array_agg(lost.order_key), array_agg(lost.tenant_id), array_agg(lost.id) INTO lanes, due_tenants, due_ids
  FROM delivery AS lost
  WHERE lost.source = from_source AND lost.state = 'LOCKED' AND lost.locked_until <= clock_timestamp()
    AND lost.attempt >= max_deliveries;
  IF due_ids IS NULL OR NOT try_lock_lanes(ARRAY(SELECT from_source || ' ' || lane FROM unnest(lanes) AS lane)) THEN
    RETURN;
  END IF;
  WITH lost AS (
    SELECT held.tenant_id, held.id FROM delivery AS held
    JOIN unnest(due_tenants, due_ids) AS due (tenant_id, id) ON held.tenant_id = due.tenant_id AND held.id = due.id
    WHERE held.state = 'LOCKED' AND held.locked_until <= clock_timestamp() AND held.attempt >= max_deliveries
    FOR UPDATE OF held SKIP LOCKED
  ), buried AS (
    UPDATE delivery AS dead SET state = 'DEAD', dead_at = clock_timestamp(), locked_until = NULL, token = NULL
    FROM lost WHERE dead.tenant_id = lost.tenant_id AND dead.id = lost.id
    RETURNING dead.tenant_id, dead.id, dead.order_key
  ), noted AS (
    UPDATE message AS content
    SET dead_reason = 'max-deliveries', dead_description = 'the receiver was lost during the last delivery'
    FROM buried WHERE content.tenant_id = buried.tenant_id AND content.id = buried.id
  )
  SELECT array_agg(buried.order_key) INTO lanes FROM buried;
  PERFORM advance_lanes(from_source, lanes);
END
$$;

-- Locks up to so many deliveries. The tenant with the fewest at work comes first, then the oldest message; at most 64
-- tenants are looked at, after the one at which the receiver stopped looking, and then from the first on.
CREATE FUNCTION claim_deliveries(
  from_source text, batch_size integer, lock_seconds double precision, max_deliveries integer, after_tenant uuid
) RETURNS TABLE (tenant_id uuid, id bigint, attempt integer, token bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = messaging, pg_temp AS $$
DECLARE
  wanted constant integer := least(greatest(batch_size, 1), 1000);
BEGIN
  PERFORM require_source(from_source);
  PERFORM wake_deliveries(from_source, max_deliveries);
  RETURN QUERY
  WITH RECURSIVE after_cursor AS (
    (SELECT ready.tenant_id, 1 AS number FROM delivery AS ready
     WHERE ready.source = from_source AND ready.state = 'READY' AND ready.tenant_id > after_tenant
     ORDER BY ready.tenant_id LIMIT 1)
    UNION ALL
    SELECT next.tenant_id, after_cursor.number + 1 FROM after_cursor
    CROSS JOIN LATERAL (
      SELECT ready.tenant_id FROM delivery AS ready
      WHERE ready.source = from_source AND ready.state = 'READY' AND ready.tenant_id > after_cursor.tenant_id
      ORDER BY ready.tenant_id LIMIT 1) AS next
    WHERE after_cursor.number < 64
  ), from_start AS (
    (SELECT ready.tenant_id, 1 AS number FROM delivery AS ready
     WHERE ready.source = from_source AND ready.state = 'READY' AND ready.tenant_id <= after_tenant
     ORDER BY ready.tenant_id LIMIT 1)
    UNION ALL
    SELECT next.tenant_id, from_start.number + 1 FROM from_start
    CROSS JOIN LATERAL (
      SELECT ready.tenant_id FROM delivery AS ready
      WHERE ready.source = from_source AND ready.state = 'READY' AND ready.tenant_id > from_start.tenant_id
        AND ready.tenant_id <= after_tenant
      ORDER BY ready.tenant_id LIMIT 1) AS next
    WHERE from_start.number < 64
  ), tenants AS (
    SELECT after_cursor.tenant_id FROM after_cursor UNION ALL SELECT from_start.tenant_id FROM from_start LIMIT 64
  ), at_work AS (
    SELECT held.tenant_id, count(*) AS number FROM delivery AS held
    WHERE held.source = from_source AND held.state = 'LOCKED' GROUP BY held.tenant_id
  ), candidates AS MATERIALIZED (
    SELECT ready.tenant_id, ready.id, ready.place + coalesce(at_work.number, 0) AS rank
    FROM tenants
    CROSS JOIN LATERAL (
      SELECT own.tenant_id, own.id, row_number() OVER (ORDER BY own.id) AS place FROM (
        SELECT oldest.tenant_id, oldest.id FROM delivery AS oldest
        WHERE oldest.source = from_source AND oldest.state = 'READY' AND oldest.tenant_id = tenants.tenant_id
        ORDER BY oldest.id LIMIT wanted * 3) AS own
    ) AS ready
    LEFT JOIN at_work ON at_work.tenant_id = ready.tenant_id
    ORDER BY rank, ready.id
    -- More than wanted: others claim at the same time, and what they hold is skipped.
    LIMIT wanted * 3
  ), locked AS MATERIALIZED (
    SELECT free.tenant_id, free.id FROM candidates
    JOIN delivery AS free ON free.tenant_id = candidates.tenant_id AND free.id = candidates.id
    WHERE free.state = 'READY'
    ORDER BY candidates.rank, candidates.id
    LIMIT wanted
    FOR UPDATE OF free SKIP LOCKED
  )
  UPDATE delivery AS held
  SET state = 'LOCKED', attempt = held.attempt + 1, token = nextval('delivery_token'),
      locked_until = clock_timestamp() + make_interval(secs => least(greatest(lock_seconds, 0.1), 3600))
  FROM locked WHERE held.tenant_id = locked.tenant_id AND held.id = locked.id
  RETURNING held.tenant_id, held.id, held.attempt, held.token;
END
$$;

-- Renews locks; gives the ids of those that are still held.
CREATE FUNCTION renew_deliveries(
  from_source text, tenant_ids uuid[], ids bigint[], tokens bigint[], lock_seconds double precision
) RETURNS TABLE (tenant_id uuid, id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = messaging, pg_temp AS $$
BEGIN
  PERFORM require_source(from_source);
  RETURN QUERY
  UPDATE delivery AS held
  SET locked_until = clock_timestamp() + make_interval(secs => least(greatest(lock_seconds, 0.1), 3600))
  FROM unnest(tenant_ids, ids, tokens) AS own (tenant_id, id, token)
  WHERE held.tenant_id = own.tenant_id AND held.id = own.id AND held.token = own.token
    AND held.source = from_source AND held.state = 'LOCKED'
  RETURNING held.tenant_id, held.id;
END
$$;

CREATE FUNCTION list_dead_deliveries(from_source text, page_size integer)
RETURNS TABLE (tenant_id uuid, id bigint, dead_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = messaging, pg_temp AS $$
BEGIN
  PERFORM require_source(from_source);
  RETURN QUERY
  SELECT dead.tenant_id, dead.id, dead.dead_at FROM delivery AS dead
  WHERE dead.source = from_source AND dead.state = 'DEAD'
  ORDER BY dead.dead_at, dead.id
  LIMIT least(greatest(page_size, 1), 1000);
END
$$;

-- Delivers dead letters again: those with the ids, or all of them when null.
CREATE FUNCTION replay_dead_deliveries(from_source text, message_ids text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = messaging, pg_temp AS $$
DECLARE
  dead_tenants uuid[];
  dead_ids bigint[];
BEGIN
  PERFORM require_source(from_source);
  SELECT array_agg(chosen.tenant_id ORDER BY chosen.dead_at, chosen.id), array_agg(chosen.id ORDER BY chosen.dead_at, chosen.id)
  INTO dead_tenants, dead_ids
  FROM (
    SELECT dead.tenant_id, dead.id, dead.dead_at FROM delivery AS dead
    JOIN message AS content ON content.tenant_id = dead.tenant_id AND content.id = dead.id
    WHERE dead.source = from_source AND dead.state = 'DEAD'
      AND (message_ids IS NULL OR content.message_id = ANY (message_ids))
    FOR UPDATE OF dead
  ) AS chosen;
  IF dead_ids IS NULL THEN RETURN 0; END IF;
  UPDATE message AS content SET dead_reason = NULL, dead_description = NULL
  FROM unnest(dead_tenants, dead_ids) AS chosen (tenant_id, id)
  WHERE content.tenant_id = chosen.tenant_id AND content.id = chosen.id;
  PERFORM place_deliveries(dead_tenants, dead_ids);
  PERFORM pg_notify('flowgrid-messages', from_source);
  RETURN cardinality(dead_ids);
END
$$;

-- Claims and reads in one round trip. This one runs with the rights of the service: each content is read under its
-- tenant.
CREATE FUNCTION receive_messages(
  from_source text, batch_size integer, lock_seconds double precision, max_deliveries integer, after_tenant uuid
) RETURNS TABLE (
  tenant_id uuid, id bigint, attempt integer, token bigint, message_id text, type text, order_key text, body text
)
LANGUAGE plpgsql VOLATILE SET search_path = messaging, pg_temp AS $$
DECLARE
  claimed record;
BEGIN
  FOR claimed IN
    SELECT * FROM claim_deliveries(from_source, batch_size, lock_seconds, max_deliveries, after_tenant)
  LOOP
    PERFORM set_config('app.tenant_id', claimed.tenant_id::text, true);
    RETURN QUERY
    SELECT claimed.tenant_id, claimed.id, claimed.attempt, claimed.token,
           content.message_id, content.type, content.order_key, content.body
    FROM message AS content WHERE content.tenant_id = claimed.tenant_id AND content.id = claimed.id;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
END
$$;

CREATE FUNCTION read_dead_letters(from_source text, page_size integer) RETURNS TABLE (
  tenant_id uuid, dead_at timestamptz, message_id text, type text, order_key text, body text,
  dead_reason text, dead_description text
)
LANGUAGE plpgsql VOLATILE SET search_path = messaging, pg_temp AS $$
DECLARE
  listed record;
BEGIN
  FOR listed IN SELECT * FROM list_dead_deliveries(from_source, page_size) LOOP
    PERFORM set_config('app.tenant_id', listed.tenant_id::text, true);
    RETURN QUERY
    SELECT listed.tenant_id, listed.dead_at, content.message_id, content.type, content.order_key, content.body,
           content.dead_reason, content.dead_description
    FROM message AS content WHERE content.tenant_id = listed.tenant_id AND content.id = listed.id;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA messaging FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publish_messages(json), send_messages(text, json, timestamptz),
  claim_deliveries(text, integer, double precision, integer, uuid), settle_deliveries(text, json),
  renew_deliveries(text, uuid[], bigint[], bigint[], double precision), list_dead_deliveries(text, integer),
  replay_dead_deliveries(text, text[]), receive_messages(text, integer, double precision, integer, uuid),
  read_dead_letters(text, integer) TO flowgrid_agents, flowgrid_design, flowgrid_integrations;
