/**
 * Schemas that the replies of several endpoints have in common.
 *
 * @module
 */
import { z } from "zod";

/** Returns the schema of a field that the server may omit or send as `null`: both are read as `undefined`. */
export function maybe<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}
