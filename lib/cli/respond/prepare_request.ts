/**
 * From words and files to a request. All of it is read before anything is opened, so that a mistake costs
 * nothing.
 *
 * @module
 */
import type { InputImage, ResponseItem } from "../../responses/events/items.ts";
import type { TurnRequest } from "../../responses/request/request.ts";
import type { Settings } from "../../config/settings.ts";
import type { RespondFlags } from "./command.ts";
import type { SchemaCheck } from "./schema_check.ts";

/** A request in the making: everything but what the settings add. */
export interface PreparedRequest {
  /** The request for one prompt. */
  readonly forPrompt: (prompt: string, settings: Settings) => TurnRequest;
  /** Judges the answer, where a schema was given. */
  readonly check?: SchemaCheck;
}

/**
 * Reads the files that the flags name.
 *
 * @throws CulvertError `input_unreadable`
 */
export async function prepare(flags: RespondFlags): Promise<PreparedRequest> {
  const needsFiles = flags.image !== undefined || flags.tools !== undefined ||
    flags.outputSchema !== undefined;
  const files = needsFiles ? await readFiles(flags) : { images: [] };
  return {
    forPrompt: (prompt, settings) => ({
      model: settings.model,
      input: [userMessage(prompt, files.images)],
      ...(flags.instructions === undefined ? {} : { instructions: flags.instructions }),
      ...(files.tools === undefined ? {} : { tools: files.tools }),
      ...(files.schema === undefined ? {} : { outputSchema: files.schema }),
      ...(flags.previous === undefined ? {} : { previousResponseId: flags.previous }),
      ...(settings.reasoningEffort === undefined ? {} : { reasoningEffort: settings.reasoningEffort }),
      ...(settings.reasoningSummary === undefined ? {} : { reasoningSummary: settings.reasoningSummary }),
      ...(settings.verbosity === undefined ? {} : { verbosity: settings.verbosity }),
      ...(settings.serviceTier === undefined ? {} : { serviceTier: settings.serviceTier }),
    }),
    ...(files.check === undefined ? {} : { check: files.check }),
  };
}

interface Files {
  readonly images: readonly string[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly check?: SchemaCheck;
}

async function readFiles(flags: RespondFlags): Promise<Files> {
  const { imageUrl, readSchema, readTools } = await import("./input_files.ts");
  const images = await Promise.all((flags.image ?? []).map(imageUrl));
  const tools = flags.tools === undefined ? undefined : await readTools(flags.tools);
  if (flags.outputSchema === undefined) return { images, ...(tools === undefined ? {} : { tools }) };
  const schema = await readSchema(flags.outputSchema);
  const { compileSchema } = await import("./schema_check.ts");
  const check = compileSchema(schema, flags.outputSchema);
  return { images, schema, check, ...(tools === undefined ? {} : { tools }) };
}

/** What the user says, as an input item. */
export function userMessage(prompt: string, images: readonly string[]): ResponseItem {
  return {
    type: "message",
    role: "user",
    content: [
      ...images.map((url): InputImage => ({ type: "input_image", image_url: url })),
      { type: "input_text", text: prompt },
    ],
  };
}
