/**
 * What a record says of an event or message beside its text.
 *
 * @module
 */
import { parseNestedJson } from "../../../text/nesting.ts";
import type { RecordBase, SseRecord, StoredText } from "../format.ts";

/** The fields of a record that say where and when. */
export type Place = Pick<RecordBase, "id" | "t_ms" | "wall_ms" | "channel">;

/** Returns how a record holds the data of an event or message. */
export function dataOf(stored: StoredText): Pick<SseRecord, "data" | "data_parts" | "omitted"> {
  return {
    ...(stored.text === undefined ? {} : { data: stored.text }),
    ...(stored.parts === undefined ? {} : { data_parts: stored.parts }),
    ...(stored.omitted === undefined ? {} : { omitted: stored.omitted }),
  };
}

/** The first member of most events. */
const LEADING_TYPE = /^\s*\{\s*"type"\s*:\s*"([^"\\]{1,100})"/;

/** Returns the member `type` of a JSON object; `undefined` where the text is none. */
export function jsonType(text: string): string | undefined {
  const leading = LEADING_TYPE.exec(text)?.[1];
  if (leading !== undefined || !/^\s*\{/.test(text)) return leading;
  const type = member(parsed(text), "type");
  return typeof type === "string" ? type : undefined;
}

/**
 * Returns the ids that an event carries: of its response and the model.
 *
 * @param text the event
 * @param redact redacts an id; default: it stays
 */
export function responseTags(
  text: string,
  redact: (id: string) => string = (id) => id,
): Record<string, string> {
  const response = member(parsed(text), "response");
  const tags: Record<string, string> = {};
  const [id, model] = [member(response, "id"), member(response, "model")];
  if (typeof id === "string") tags["response_id"] = redact(id);
  if (typeof model === "string") tags["model"] = redact(model);
  return tags;
}

/** Returns a member of a JSON object; `undefined` where the value is no object or has no such member. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** Parses JSON; `undefined` where the text is none, or is nested too deeply for what is done with it. */
export function parsed(text: string): unknown {
  try {
    return parseNestedJson(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}
