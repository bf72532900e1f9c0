-- Files that people upload, and what a session was given beside its description.

CREATE TABLE upload_content (
  tenant_id     uuid           NOT NULL,
  sha256        text           NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  content       bytea          NOT NULL CHECK (octet_length(content) <= 20 * 1024 * 1024),
  -- A purge leaves what was just given again, though no row of upload refers to it yet.
  last_used_at  timestamptz(6) NOT NULL,
  CONSTRAINT upload_content_pkey PRIMARY KEY (tenant_id, sha256)
);

CREATE TABLE upload (
  tenant_id           uuid           NOT NULL,
  id                  uuid           NOT NULL,
  name                text           NOT NULL CHECK (octet_length(name) BETWEEN 1 AND 255),
  media_type          text           NOT NULL,
  size                integer        NOT NULL,
  sha256              text           NOT NULL,
  kind                text           NOT NULL CHECK (kind IN ('TEXT', 'DOCX', 'PDF', 'BPMN', 'ARCHIMATE')),
  -- Null where only the bytes are kept.
  text                text,
  characters          integer        NOT NULL,
  -- The process of a BPMN file, with spans into the text.
  model               jsonb,
  warnings            jsonb          NOT NULL,
  created_by_user_id  uuid,
  created_at          timestamptz(6) NOT NULL,
  CONSTRAINT upload_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT upload_tenant_id_sha256_fkey FOREIGN KEY (tenant_id, sha256)
    REFERENCES upload_content (tenant_id, sha256) ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX upload_created_at_idx ON upload (created_at);
CREATE INDEX upload_tenant_id_sha256_idx ON upload (tenant_id, sha256);

CREATE TABLE session_source (
  tenant_id       uuid     NOT NULL,
  session_id      uuid     NOT NULL,
  position        integer  NOT NULL CHECK (position BETWEEN 1 AND 40),
  kind            text     NOT NULL CHECK (kind IN ('FILE', 'ITEM', 'AGENT')),
  upload_id       uuid,
  integration_id  uuid,
  item_key        text,
  agent_id        uuid,
  CONSTRAINT session_source_pkey PRIMARY KEY (tenant_id, session_id, position),
  CONSTRAINT session_source_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT session_source_tenant_id_upload_id_fkey FOREIGN KEY (tenant_id, upload_id)
    REFERENCES upload (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CHECK ((kind = 'FILE') = (upload_id IS NOT NULL)),
  CHECK ((kind = 'ITEM') = (integration_id IS NOT NULL)),
  CHECK ((kind = 'ITEM') = (item_key IS NOT NULL)),
  CHECK ((kind = 'AGENT') = (agent_id IS NOT NULL))
);
CREATE INDEX session_source_tenant_id_upload_id_idx ON session_source (tenant_id, upload_id);

DO $isolation$
DECLARE
  tenant_table text;
  own_tenant constant text := 'tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid)';
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['upload_content', 'upload', 'session_source'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO flowgrid_design USING (%s) WITH CHECK (%s)',
      tenant_table, own_tenant, own_tenant);
    EXECUTE format('CREATE POLICY owner_access ON %I TO flowgrid_owner USING (true) WITH CHECK (true)', tenant_table);
  END LOOP;
END
$isolation$;

-- Files and sources are written once; only the purge removes files.
GRANT SELECT, INSERT ON upload, upload_content, session_source TO flowgrid_design;
GRANT UPDATE (last_used_at) ON upload_content TO flowgrid_design;

-- Deletes files that no session used within a day, of whichever tenant, a bounded number at a time, and contents that
-- no file has any more. A file that a session is just taking is locked by it, and skipped. Returns how many files.
CREATE FUNCTION purge_uploads(page_size integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = design, pg_temp AS $$
DECLARE
  deleted integer;
BEGIN
  WITH unused AS (
    SELECT file.tenant_id, file.id FROM upload AS file
    WHERE file.created_at < now() - interval '24 hours'
      AND NOT EXISTS (SELECT FROM session_source AS source
                      WHERE source.tenant_id = file.tenant_id AND source.upload_id = file.id)
    ORDER BY file.created_at
    LIMIT least(greatest(page_size, 1), 1000)
    FOR UPDATE OF file SKIP LOCKED
  ), gone AS (
    DELETE FROM upload AS file USING unused
    WHERE file.tenant_id = unused.tenant_id AND file.id = unused.id
    RETURNING 1
  )
  SELECT count(*)::integer INTO deleted FROM gone;
  DELETE FROM upload_content AS bytes
  WHERE bytes.last_used_at < now() - interval '1 hour'
    AND NOT EXISTS (SELECT FROM upload AS file WHERE file.tenant_id = bytes.tenant_id AND file.sha256 = bytes.sha256);
  RETURN deleted;
END
$$;
REVOKE EXECUTE ON FUNCTION purge_uploads(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_uploads(integer) TO flowgrid_design;
