/**
 * Compares the model calls of two captures, or two model calls of one.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { LoadedCapture } from "../record/read/exchanges.ts";
import { type Turn, turnsOf } from "../record/read/turns.ts";
import { comparePrompts, type PromptComparison } from "./compare_prompts.ts";
import { promptsOf } from "./prompt_parts.ts";

/** One side of a comparison: a capture, or one model call of it. */
export interface Side {
  /** As the user wrote it. */
  readonly name: string;
  /** The capture in it. */
  readonly file: string;
  readonly turns: readonly Turn[];
  readonly capture: LoadedCapture;
}

/** The comparison of two model calls. */
export interface TurnComparison extends PromptComparison {
  readonly before: TurnFacts;
  readonly after: TurnFacts;
}

/** What is said of a compared call. */
export interface TurnFacts {
  /** `x3`, or `x3.1` for the second call of a websocket. */
  readonly name: string;
  readonly model?: string;
  readonly outcome: string;
  readonly input_tokens?: number;
  readonly cached_tokens?: number;
}

/** Returns the name of a turn. */
export function turnName({ exchange, index, transport }: Turn): string {
  return transport === "websocket" ? `${exchange.id}.${index}` : exchange.id;
}

/**
 * Opens a side: `DIR`, `capture.har`, or `DIR#x3` for one model call.
 *
 * @param open loads the capture that a name without a model call stands for
 * @throws CulvertError those of `open`; `usage` where the model call does not exist
 */
export async function openSide(name: string, open: (file: string) => Promise<LoadedCapture>): Promise<Side> {
  const hash = name.lastIndexOf("#");
  const [file, wanted] = hash < 0 ? [name, undefined] : [name.slice(0, hash), name.slice(hash + 1)];
  const capture = await open(file);
  const all = turnsOf(capture);
  const turns = all.filter((turn) =>
    wanted === undefined || turnName(turn) === wanted || turn.exchange.id === wanted
  );
  if (turns.length > 0) return { name, file, turns, capture };
  capture[Symbol.dispose]();
  throw new CulvertError(
    "usage",
    wanted === undefined ? `${file} contains no model call` : `There is no model call ${wanted} in ${file}`,
    {
      hint: all.length === 0
        ? "Only requests for answers of a model are compared."
        : `Model calls in it: ${all.slice(0, 12).map(turnName).join(", ")}`,
      details: { path: file },
    },
  );
}

/** Compares the model calls of two sides one by one, in their order. A call that was refused is compared too. */
export function compareSides(one: Side, other: Side): readonly TurnComparison[] {
  const [before, after] = [one, other].map(({ capture, turns }) => ({
    turns,
    prompts: promptsOf(turnsOf(capture), capture.text),
  }));
  if (before === undefined || after === undefined) return [];
  const inPromptsOf = (side: typeof before, turn: Turn) =>
    [...side.prompts].find(([each]) => turnName(each) === turnName(turn))?.[1];
  const comparisons: TurnComparison[] = [];
  for (const [index, later] of after.turns.entries()) {
    const earlier = before.turns[index];
    if (earlier === undefined) break;
    const [old, next] = [inPromptsOf(before, earlier), inPromptsOf(after, later)];
    if (old === undefined || next === undefined) continue;
    comparisons.push({ before: factsOf(earlier), after: factsOf(later), ...comparePrompts(old, next) });
  }
  return comparisons;
}

/** Returns what is said of a compared call. */
export function factsOf(turn: Turn): TurnFacts {
  const { model, outcome, usage } = turn;
  return {
    name: turnName(turn),
    ...(model === undefined ? {} : { model }),
    outcome,
    ...(usage === undefined
      ? {}
      : { input_tokens: usage.input_tokens, cached_tokens: usage.cached_input_tokens }),
  };
}
