-- How tenants want designs to be made, and what each request to an AI provider has cost.

CREATE TABLE design_setting (
  tenant_id             uuid           NOT NULL,
  engine                text           NOT NULL CHECK (engine IN ('AUTO', 'LOCAL', 'CLAUDE', 'OPENAI')),
  -- Null: the platform's default.
  monthly_budget_usd    numeric(12, 2) CHECK (monthly_budget_usd >= 0),
  redact_personal_data  boolean        NOT NULL,
  -- 0 for a row that was only made to be locked.
  revision              integer        NOT NULL CHECK (revision >= 0),
  updated_at            timestamptz(6) NOT NULL,
  CONSTRAINT design_setting_pkey PRIMARY KEY (tenant_id)
);

CREATE TABLE ai_call (
  tenant_id            uuid           NOT NULL,
  id                   uuid           NOT NULL,
  session_id           uuid           NOT NULL,
  phase                text           NOT NULL,
  provider             text           NOT NULL,
  model                text           NOT NULL,
  state                text           NOT NULL CHECK (state IN ('RESERVED', 'SETTLED')),
  input_tokens         integer        NOT NULL DEFAULT 0 CHECK (input_tokens >= 0),
  cached_input_tokens  integer        NOT NULL DEFAULT 0 CHECK (cached_input_tokens >= 0),
  cache_write_tokens   integer        NOT NULL DEFAULT 0 CHECK (cache_write_tokens >= 0),
  output_tokens        integer        NOT NULL DEFAULT 0 CHECK (output_tokens >= 0),
  -- What it can cost at most while it is reserved, and what it has cost after: the sum of all is what the budget has lost.
  cost_usd             numeric(14, 8) NOT NULL CHECK (cost_usd >= 0),
  outcome              text,
  started_at           timestamptz(6) NOT NULL,
  ended_at             timestamptz(6),
  CONSTRAINT ai_call_pkey PRIMARY KEY (tenant_id, id),
  CONSTRAINT ai_call_tenant_id_session_id_fkey FOREIGN KEY (tenant_id, session_id)
    REFERENCES design_session (tenant_id, id) ON DELETE RESTRICT ON UPDATE CASCADE,
  CHECK ((state = 'SETTLED') = (outcome IS NOT NULL)),
  CHECK ((state = 'SETTLED') = (ended_at IS NOT NULL))
);
CREATE INDEX ai_call_tenant_id_started_at_idx ON ai_call (tenant_id, started_at);
CREATE INDEX ai_call_tenant_id_session_id_idx ON ai_call (tenant_id, session_id);

DO $isolation$
DECLARE
  tenant_table text;
  own_tenant constant text := 'tenant_id = (SELECT nullif(current_setting(''app.tenant_id'', true), '''')::uuid)';
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['design_setting', 'ai_call'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I TO flowgrid_design USING (%s) WITH CHECK (%s)',
      tenant_table, own_tenant, own_tenant);
    EXECUTE format('CREATE POLICY owner_access ON %I TO flowgrid_owner USING (true) WITH CHECK (true)', tenant_table);
  END LOOP;
END
$isolation$;

-- Accounts are written, settled and kept.
GRANT SELECT, INSERT, UPDATE ON design_setting TO flowgrid_design;
GRANT SELECT, INSERT ON ai_call TO flowgrid_design;
GRANT UPDATE (state, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, cost_usd, outcome, ended_at)
  ON ai_call TO flowgrid_design;
