/**
 * Refusals of the model. A model that refuses completes its response, with the refusal instead of an answer.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { JsonObject } from "../events/events.ts";
import { shownText } from "./server_text.ts";
import { isObject } from "../../text/json.ts";

/**
 * Returns the text of a refusal in the items of a response, if there is one (content part of type `refusal`).
 *
 * @param items the finished output items
 */
export function refusalIn(items: readonly JsonObject[]): string | undefined {
  for (const { content } of items) {
    if (!Array.isArray(content)) continue;
    for (const part of content) {
      if (isObject(part) && part.type === "refusal") {
        return typeof part.refusal === "string" ? part.refusal : "";
      }
    }
  }
  return undefined;
}

/** Returns the error that a refused turn ends with. */
export function refusalError(words: string): CulvertError {
  const said = shownText(words, []);
  return new CulvertError("refused", `The model refused to answer${said === "" ? "" : `: ${said}`}`, {
    hint: "Rephrase the request, or use another model.",
  });
}
