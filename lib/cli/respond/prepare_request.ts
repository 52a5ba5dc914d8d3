/**
 * Builds requests from the flags and the files that they name. The files are read before a connection is opened, so
 * that a mistake costs nothing.
 *
 * @module
 */
import type { InputFile, InputImage, ResponseItem } from "../../responses/events/items.ts";
import type { TurnRequest } from "../../responses/request/request.ts";
import type { Settings } from "../../config/settings.ts";
import type { RespondFlags } from "./command.ts";
import type { SchemaCheck } from "./schema_check.ts";
import type { CommandTool } from "./tools/command_tool.ts";

/** Builds requests from what the flags gave. */
export interface PreparedRequest {
  /** Builds the new items of a request: outputs of tools, and the message of the user, if there is a prompt, with the uploaded files. */
  readonly newItems: (
    prompt: string | undefined,
    history: readonly ResponseItem[],
    fileIds: readonly string[],
  ) => readonly ResponseItem[];
  /** Builds the request. */
  readonly request: (input: readonly ResponseItem[], settings: Settings) => TurnRequest;
  /** The commands that run tools. */
  readonly commands: readonly CommandTool[];
  /** Checks an answer, where a schema was given. */
  readonly check?: SchemaCheck;
}

/**
 * Reads the files that the flags name.
 *
 * @param readInput reads standard input, for a file that is named `-`
 * @throws CulvertError `input_unreadable`
 */
export async function prepare(
  flags: RespondFlags,
  readInput: () => Promise<string>,
): Promise<PreparedRequest> {
  const needsFiles = flags.image !== undefined || flags.tools !== undefined || flags.tool !== undefined ||
    flags.toolOutput !== undefined || flags.outputSchema !== undefined;
  const files: Files = needsFiles ? await readFiles(flags, readInput) : { images: [], commands: [] };
  return {
    newItems: (prompt, history, fileIds) => [
      ...(files.outputs?.(history) ?? []),
      ...(prompt === undefined ? [] : [userMessage(prompt, files.images, fileIds)]),
    ],
    request: (input, settings) => ({
      model: settings.model,
      input,
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
    commands: files.commands,
    ...(files.check === undefined ? {} : { check: files.check }),
  };
}

interface Files {
  readonly commands: readonly CommandTool[];
  /** Builds the outputs of tools for a history that holds the calls. */
  readonly outputs?: (history: readonly ResponseItem[]) => readonly ResponseItem[];
  readonly images: readonly string[];
  readonly tools?: readonly Readonly<Record<string, unknown>>[];
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly check?: SchemaCheck;
}

async function readFiles(flags: RespondFlags, readInput: () => Promise<string>): Promise<Files> {
  const { imageUrl, readSchema, readTools } = await import("./input_files.ts");
  const images = await Promise.all((flags.image ?? []).map(imageUrl));
  const declared = flags.tools === undefined ? undefined : await readTools(flags.tools);
  const { tools, commands } = flags.tool === undefined
    ? { tools: declared, commands: [] }
    : (await import("./tools/command_tool.ts")).withCommands(declared, flags.tool);
  const outputs = flags.toolOutput === undefined
    ? undefined
    : await (await import("./tools/tool_outputs.ts")).readToolOutputs(flags.toolOutput, readInput);
  const rest = {
    images,
    commands,
    ...(tools === undefined ? {} : { tools }),
    ...(outputs === undefined ? {} : { outputs }),
  };
  if (flags.outputSchema === undefined) return rest;
  const schema = await readSchema(flags.outputSchema);
  const { compileSchema } = await import("./schema_check.ts");
  return { ...rest, schema, check: compileSchema(schema, flags.outputSchema) };
}

function verbosityOf(flags: RespondFlags, settings: Settings): Pick<TurnRequest, "verbosity"> {
  const verbosity = flags.verbosity ?? settings.verbosity;
  return verbosity === undefined ? {} : { verbosity };
}

/** Returns the input item for a prompt of the user. */
export function userMessage(
  prompt: string,
  images: readonly string[],
  fileIds: readonly string[] = [],
): ResponseItem {
  return {
    type: "message",
    role: "user",
    content: [
      ...fileIds.map((file_id): InputFile => ({ type: "input_file", file_id })),
      ...images.map((url): InputImage => ({ type: "input_image", image_url: url })),
      { type: "input_text", text: prompt },
    ],
  };
}
