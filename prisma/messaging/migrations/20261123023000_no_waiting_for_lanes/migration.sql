-- Whoever wakes deliveries holds rows already when it comes to the lanes of those that are lost for good. Waiting for a
-- lane then could be waiting for somebody who waits for such a row: it goes on without, and the next one tries again.

CREATE FUNCTION try_lock_lanes(lanes text[]) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = messaging, pg_temp AS $$
  SELECT coalesce(bool_and(pg_try_advisory_xact_lock(1179405639, bucket.number)), true)
  FROM (SELECT DISTINCT hashtext(lane) & 1023 AS number FROM unnest(lanes) AS lane WHERE lane IS NOT NULL) AS bucket
$$;
REVOKE EXECUTE ON FUNCTION try_lock_lanes(text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION wake_deliveries(from_source text, max_deliveries integer) RETURNS void
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
