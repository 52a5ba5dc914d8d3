/**
 * Builds requests from the flags and the files that they name. The files are read before a connection is opened, so
 * that a mistake costs nothing.
 *
 * @module
 */
import type { InputImage, ResponseItem } from "../../responses/events/items.ts";
import type { TurnRequest } from "../../responses/request/request.ts";
import type { Settings } from "../../config/settings.ts";
import type { RespondFlags } from "./command.ts";
import type { SchemaCheck } from "./schema_check.ts";

/** Builds requests from what the flags gave. */
export interface PreparedRequest {
  /** Builds the request for one prompt. */
  readonly forPrompt: (prompt: string, settings: Settings, history?: readonly ResponseItem[]) => TurnRequest;
  /** Checks an answer, where a schema was given. */
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
    forPrompt: (prompt, settings, history = []) => ({
      model: settings.model,
      input: [...history, userMessage(prompt, files.images)],
      ...(flags.store === true ? { store: true } : {}),
      ...(flags.maxOutputTokens === undefined ? {} : { maxOutputTokens: flags.maxOutputTokens }),
      ...(flags.temperature === undefined ? {} : { temperature: flags.temperature }),
      ...(flags.instructions === undefined ? {} : { instructions: flags.instructions }),
      ...(files.tools === undefined ? {} : { tools: files.tools }),
      ...(files.schema === undefined ? {} : { outputSchema: files.schema }),
      ...(flags.previous === undefined ? {} : { previousResponseId: flags.previous }),
      ...(settings.reasoningEffort === undefined ? {} : { reasoningEffort: settings.reasoningEffort }),
      ...(settings.reasoningSummary === undefined ? {} : { reasoningSummary: settings.reasoningSummary }),
      ...verbosityOf(flags, settings),
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

function verbosityOf(flags: RespondFlags, settings: Settings): Pick<TurnRequest, "verbosity"> {
  const verbosity = flags.verbosity ?? settings.verbosity;
  return verbosity === undefined ? {} : { verbosity };
}

/** Returns the input item for a prompt of the user. */
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
