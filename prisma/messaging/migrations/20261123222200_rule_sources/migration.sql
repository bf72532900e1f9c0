-- Rules act on changed items and published agents, and hear when a design that they asked for was refused.
UPDATE source SET resources = ARRAY['agent', 'design_session', 'external'] WHERE name = 'subscription:integrations-agents';
