-- Sandboxes that stand, of this week and the one before. A sandbox whose last state is a standing one has a row that says so: such
-- rows are found by the state alone, and only their sandboxes are put together, from every week. Most sandboxes of two weeks have
-- been stopped, and folding all of them took seconds at half a million.
CREATE OR REPLACE VIEW live_sandboxes AS
SELECT s.*
FROM sandboxes AS s
WHERE s.live AND (s.tenant_id, s.sandbox_id) IN (
  SELECT tenant_id, sandbox_id FROM sandbox_states
  WHERE week >= toMonday(now('UTC')) - 7 AND lifecycle.state NOT IN ('stopped', 'slept', 'suspended', 'destroyed', 'failed')
);
