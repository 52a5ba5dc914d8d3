/**
 * What the turns of one `culvert respond` share, and the input of each.
 *
 * @module
 */
import type { RuntimeSummary } from "../../../observe/summary/runtime_summary.ts";
import type { ResponseItem } from "../../../responses/events/items.ts";
import type { Connection } from "../../command/connection.ts";
import type { CliContext } from "../../command/context.ts";
import type { Conversation } from "../../conversation/conversation_file.ts";
import type { Reporter } from "../../output/reporter.ts";
import type { AnswerFile } from "../answer_file.ts";
import type { RespondFlags } from "../command.ts";
import type { PreparedRequest } from "../prepare_request.ts";

/** A prompt; `undefined` if the outputs of tools are all that is sent. */
export type Prompt = string | undefined;

/** Everything that the turns of one command have in common. */
export interface Job {
  readonly context: CliContext;
  readonly summary: RuntimeSummary;
  readonly flags: RespondFlags;
  readonly reporter: Reporter;
  readonly stop: AbortSignal;
  readonly prepared: PreparedRequest;
  readonly connection: Connection;
  readonly conversation: Conversation | undefined;
  readonly file: AnswerFile | undefined;
  readonly fileIds: readonly string[];
}

/** The input of one turn. */
export interface TurnInput {
  /** What the conversation holds, then what is new. */
  readonly all: readonly ResponseItem[];
  /** What is new. */
  readonly added: readonly ResponseItem[];
}

/** Returns the input for a prompt. Calls of tools in the conversation that have no output get one. */
export async function turnInput(
  { conversation, fileIds, prepared }: Job,
  prompt: Prompt,
): Promise<TurnInput> {
  const history = conversation?.history() ?? [];
  const added = prepared.newItems(prompt, history, fileIds);
  if (history.length === 0) return { all: added, added };
  const { withMissingOutputs } = await import("../../conversation/conversation_record.ts");
  return { all: withMissingOutputs([...history, ...added]), added };
}
