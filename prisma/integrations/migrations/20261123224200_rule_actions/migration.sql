-- Rules do what the service knows to do: nothing else is stored.
ALTER TABLE integration_rule DROP CONSTRAINT integration_rule_action_check;
ALTER TABLE integration_rule ADD CONSTRAINT integration_rule_action_check
  CHECK (action IN ('TIE_TO_AGENT', 'START_DESIGN', 'CREATE_ITEM'));
