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

/**
 * Returns the schema of a field that only describes the result: if the server sends it in another form, it is read as
 * `undefined`, so that a result that was paid for is not lost.
 */
export function described<T extends z.ZodType>(schema: T) {
  return maybe(schema).catch(undefined);
}
