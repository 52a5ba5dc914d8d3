/**
 * Implements `culvert conversation ls`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { ResponseItem } from "../../responses/events/items.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import { renderTable } from "../output/table.ts";
import type { ConversationFlags } from "./command.ts";
import { conversationFolder, listConversations } from "./conversation_folder.ts";
import { readTurns } from "./conversation_record.ts";
import { textOf } from "./conversation_text.ts";

/** Number of columns for the beginning of a conversation. */
const EXCERPT_WIDTH = 40;

/** Runs the command. A file that cannot be read causes a warning, and the others are listed. */
export async function run({ host }: CliContext, flags: ConversationFlags): Promise<void> {
  const reporter = createReporter(host, flags);
  const folder = conversationFolder(host.world);
  const rows: (readonly string[])[] = [];
  for (const { name, path, modified } of await listConversations(folder)) {
    try {
      const { turns } = readTurns(await Deno.readFile(path), path);
      const used = new Date(modified).toISOString();
      const prompt = turns[0]?.items.find(isPrompt);
      const first = prompt === undefined ? "" : textOf(prompt);
      if (flags.json === true) {
        const line = { name, turns: turns.length, modified_at: used, first_prompt: first, path };
        await host.stdout.write(`${JSON.stringify(line)}\n`);
      } else {
        rows.push([name, String(turns.length), used.slice(0, 16).replace("T", " "), excerpt(first)]);
      }
    } catch (error) {
      if (error instanceof CulvertError) {
        reporter.warn({ code: "conversation_unreadable", message: error.message });
      } else if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  if (flags.json === true) return;
  if (rows.length === 0) return reporter.progress(`no conversation is stored in ${folder}`);
  const head = ["NAME", "TURNS", "LAST USED (UTC)", "FIRST PROMPT"];
  // No name is truncated, since other commands need it in full.
  await host.stdout.write(renderTable([head, ...rows], Infinity));
}

function isPrompt(item: ResponseItem): boolean {
  return item.type === "message" && "role" in item && item.role === "user";
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= EXCERPT_WIDTH ? line : `${line.slice(0, EXCERPT_WIDTH - 1)}…`;
}
