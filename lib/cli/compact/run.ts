/**
 * Implements `culvert compact`.
 *
 * @module
 */
import { compactByTurn, compactConversation } from "../../api/compact.ts";
import { CulvertError } from "../../errors.ts";
import { isItem, type ResponseItem } from "../../responses/events/items.ts";
import { Session, sessionOptions } from "../../responses/turn/session.ts";
import { withApi } from "../command/api_command.ts";
import type { CliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { listenForStop } from "../command/stop_signals.ts";
import { createReporter } from "../output/reporter.ts";
import { readInput } from "../respond/read_prompt.ts";
import type { CompactFlags } from "./command.ts";

/** Compacts the items and prints those that replace them. */
export async function run(context: CliContext, flags: CompactFlags, path?: string): Promise<void> {
  const input = await readItems(context, flags, path);
  const { instructions, method = "endpoint" } = flags;
  const output = await withApi(context, flags, "the compaction", async ({ connection, signal }) => {
    const request = {
      model: connection.settings.model,
      input,
      ...(instructions === undefined ? {} : { instructions }),
    };
    const options = sessionOptions(connection);
    if (method === "turn") return await compactByTurn(options, request, { signal });
    using session = new Session(options);
    return await compactConversation(connection, request, session.compaction(), { signal });
  });
  const value = flags.json === true
    ? { type: "culvert.compaction", method, input_items: input.length, output }
    : output;
  await context.host.stdout.write(`${JSON.stringify(value)}\n`);
}

async function readItems(
  context: CliContext,
  flags: CompactFlags,
  path: string | undefined,
): Promise<readonly ResponseItem[]> {
  if (flags.conversation !== undefined && path === undefined) {
    return await readConversation(context, flags, flags.conversation);
  }
  if (flags.conversation !== undefined || path === undefined) {
    throw new CulvertError(
      "usage",
      path === undefined ? "No conversation was given" : "Both a file and --conversation were given",
      { hint: "Give a file with a JSON array of items, - for standard input, or --conversation NAME." },
    );
  }
  const value = path === "-" ? await readStdin(context.host) : await readJsonFile(path);
  if (Array.isArray(value) && value.every(isItem)) return value;
  throw new CulvertError("input_unreadable", `Cannot use ${path}: it is not a JSON array of items`, {
    hint: 'Write [{"type": "message", "role": "user", "content": […]}].',
    details: { path },
  });
}

async function readConversation(
  { host }: CliContext,
  flags: CompactFlags,
  name: string,
): Promise<readonly ResponseItem[]> {
  const { conversationFolder } = await import("../conversation/conversation_folder.ts");
  const { openConversation } = await import("../conversation/open_conversation.ts");
  const reporter = createReporter(host, flags);
  {
    await using conversation = await openConversation({ name, world: host.world, reporter });
    if (conversation.turns.length > 0) return conversation.history();
  }
  // Listed after the file that was opened for it is removed.
  const { unknownConversation } = await import("../conversation/unknown_conversation.ts");
  throw await unknownConversation(name, conversationFolder(host.world), new Deno.errors.NotFound());
}

async function readJsonFile(path: string): Promise<unknown> {
  const { readJson } = await import("../respond/input_files.ts");
  return await readJson(path);
}

async function readStdin(host: Host): Promise<unknown> {
  using stop = listenForStop(host);
  const text = await readInput(host, stop.signal);
  try {
    return JSON.parse(text);
  } catch {
    throw new CulvertError("input_unreadable", "Cannot use standard input: it is not JSON", {
      hint: 'Pipe in [{"type": "message", "role": "user", "content": […]}].',
    });
  }
}
