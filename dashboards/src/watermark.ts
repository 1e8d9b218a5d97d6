/**
 * "Everything acknowledged before this moment is queryable", for the chosen tenant. Sums that must be exact stop here:
 * base tables and rollups may differ for an instant while a collector repeats an insert. Without a collector (a restored
 * database) nothing holds readers back.
 */
export const watermark = `(
  SELECT if(count() = 0, now64(3), min(watermark)) FROM ingest_watermark
  WHERE tenant_id IN (\${tenant:singlequote}, '*')
)`
