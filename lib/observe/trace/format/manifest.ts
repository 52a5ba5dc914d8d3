/**
 * The manifest of an inference trace.
 *
 * @module
 */
import { z } from "zod";
import { EVENT_LOG, PAYLOADS, SCHEMA_VERSIONS } from "./layout.ts";

/** A version of the schema that can be read. */
export const schemaVersion = z.literal([...SCHEMA_VERSIONS]);

/** The content of `manifest.json`. Unknown fields are ignored. */
export const manifestSchema = z.object({
  schema_version: schemaVersion,
  /** A UUID, which is not the trace id of W3C Trace Context. */
  trace_id: z.string(),
  /** The id of the root thread. */
  rollout_id: z.string(),
  root_thread_id: z.string(),
  /** Wall clock, ms since 1970. */
  started_at_unix_ms: z.number(),
  raw_event_log: z.string().default(EVENT_LOG),
  payloads_dir: z.string().default(PAYLOADS),
});

/** A manifest that was read. */
export type Manifest = z.infer<typeof manifestSchema>;
