/**
 * The table of ClickHouse that captures are inserted into, and queries on it. They work from ClickHouse 18.16 on.
 *
 * @module
 */

/** Name of the table. */
export const TABLE = "culvert_events";

/**
 * The table. Records are sorted by capture and number, which identify a record: one that was inserted twice is removed
 * when parts are merged.
 */
export const SCHEMA = `CREATE TABLE IF NOT EXISTS ${TABLE}
(
    capture_id String,
    seq UInt64,
    exchange String,
    kind String,
    time DateTime,
    time_ms UInt64,
    t_ms Float64,
    channel String,
    method String,
    host String,
    path String,
    status UInt16,
    direction String,
    type String,
    size UInt64,
    outcome String,
    error String,
    marks String,
    model String,
    response_id String,
    duration_ms Nullable(Float64),
    first_event_ms Nullable(Float64),
    first_token_ms Nullable(Float64),
    input_tokens Nullable(UInt64),
    cached_tokens Nullable(UInt64),
    output_tokens Nullable(UInt64),
    reasoning_tokens Nullable(UInt64),
    text String
)
ENGINE = ReplacingMergeTree
ORDER BY (capture_id, seq)
`;

/** A query that is ready to run. */
export interface ReadyQuery {
  readonly name: string;
  readonly sql: string;
}

/** Queries that answer usual questions. */
export const QUERIES: readonly ReadyQuery[] = [
  {
    name: "slowest first token",
    sql: `SELECT first_token_ms, duration_ms, model, input_tokens, host, exchange, capture_id, time
FROM ${TABLE}
WHERE first_token_ms IS NOT NULL
ORDER BY first_token_ms DESC
LIMIT 20`,
  },
  {
    name: "share of cached tokens by model and hour",
    sql:
      `SELECT toStartOfHour(time) AS hour, model, round(sum(cached_tokens) / sum(input_tokens), 3) AS cached_share,
    sum(input_tokens) AS tokens, count() AS calls
FROM ${TABLE}
WHERE input_tokens > 0
GROUP BY hour, model
ORDER BY hour, model`,
  },
  {
    name: "401s and recoveries",
    sql: `SELECT time, host, path, status, marks, error, exchange, capture_id
FROM ${TABLE}
WHERE position(marks, 'unauthorized') > 0 OR position(marks, 'recovered') > 0
ORDER BY capture_id, seq
LIMIT 200`,
  },
  {
    name: "retries by host",
    sql: `SELECT host, count() AS retries, uniq(capture_id) AS captures
FROM ${TABLE}
WHERE position(marks, 'retry') > 0 OR position(marks, 'recovered') > 0
GROUP BY host
ORDER BY retries DESC`,
  },
  {
    name: "largest prompts",
    sql: `SELECT input_tokens, cached_tokens, output_tokens, model, duration_ms, exchange, capture_id, time
FROM ${TABLE}
WHERE input_tokens IS NOT NULL
ORDER BY input_tokens DESC
LIMIT 20`,
  },
];

/** Returns the queries as a script, each under a comment that names it. */
export function queryScript(): string {
  return QUERIES.map(({ name, sql }) => `-- ${name}\n${sql};\n`).join("\n");
}
