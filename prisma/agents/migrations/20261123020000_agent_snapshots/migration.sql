-- One event for each agent that was there before events were: with it, whoever keeps a copy of agents knows them all. A copy
-- that knows the agent at this revision, or at a later one, is not changed by it.

INSERT INTO outbox_event (tenant_id, id, type, subject, body)
SELECT event.tenant_id, event.event_id, 'agent.updated', event.id::text, jsonb_build_object(
    'specversion', '1.0',
    'id', event.event_id,
    'source', '/agents',
    'type', 'agent.updated',
    'schemaversion', 1,
    'subject', event.id,
    'time', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'datacontenttype', 'application/json',
    'tenantid', event.tenant_id,
    'actorkind', 'SYSTEM',
    'actorid', 'migration',
    'actorname', 'Flowgrid',
    'data', jsonb_build_object(
      'agent', jsonb_build_object(
        'id', event.id,
        'slug', event.slug,
        'name', event.name,
        'description', event.description,
        'status', event.status,
        'tags', to_jsonb(event.tags),
        'ownerId', event.owner_id,
        'revision', event.revision,
        'latestNumber', event.latest_number,
        'publishedNumber', event.published_number,
        'createdAt', to_char(event.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'updatedAt', to_char(event.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      ),
      'changedFields', '[]'::jsonb,
      'newVersion', NULL
    )
  )::text
FROM (
  SELECT agent.*, environment.number AS published_number,
    -- A UUID of version 7, as every event has: the milliseconds of now, then random bits.
    encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
      PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6
    ), 52, 1), 53, 1), 'hex')::uuid AS event_id
  FROM agent
  LEFT JOIN agent_environment AS environment
    ON environment.tenant_id = agent.tenant_id AND environment.agent_id = agent.id AND environment.name = 'prod'
  ORDER BY agent.created_at
) AS event;
