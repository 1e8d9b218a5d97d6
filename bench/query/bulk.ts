/**
 * Settings of inserts that copy: blocks as large as a collector's segments at full load, without the memory of tokens, for nothing is
 * resent here. One thread each: rows stay in order, and several inserts run beside each other.
 */
export const bulk = {
  insert_deduplicate: 0,
  max_insert_threads: '1',
  max_threads: 1,
  min_insert_block_size_rows: '1000000',
  min_insert_block_size_bytes: '0',
  max_partitions_per_insert_block: '0',
} as const
