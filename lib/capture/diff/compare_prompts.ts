/**
 * Says how much of a prompt repeats an earlier one, and what ended the repetition.
 *
 * @module
 */
import { firstDifference } from "../replay/message_difference.ts";
import type { Prompt, PromptPart } from "./prompt_parts.ts";

/** What ended the part of a prompt that a cache can reuse. */
export interface CacheBreak {
  /** Index of the part. */
  readonly index: number;
  readonly kind: PromptPart["kind"] | "parameter";
  readonly label: string;
  /** JSON pointer to the first difference in the later request. */
  readonly pointer: string;
  /** Why the cache ends here, in one sentence. */
  readonly why: string;
  readonly before?: string;
  readonly after?: string;
}

/** A part of the later prompt that was not in the earlier, or the other way round. */
export interface PartChange {
  readonly change: "same" | "changed" | "added" | "removed";
  readonly label: string;
  /** Characters of its JSON, in the later prompt where it is there. */
  readonly size: number;
  readonly pointer: string;
  readonly before?: string;
  readonly after?: string;
}

/** How far a prompt repeats an earlier one from the beginning. */
export interface PrefixComparison {
  /** Parts that are equal from the beginning. */
  readonly sameParts: number;
  /** Characters of JSON in them. */
  readonly sameSize: number;
  /** Characters of the later prompt. */
  readonly size: number;
  /** Absent where the later prompt only continues the earlier. */
  readonly break?: CacheBreak;
  /** Parameters that differ. */
  readonly parameters: readonly { readonly name: string; readonly before: string; readonly after: string }[];
}

/** The comparison of two prompts, part by part. */
export interface PromptComparison extends PrefixComparison {
  readonly parts: readonly PartChange[];
}

/** Parameters that are part of what a cache is looked up by. */
const CACHE_KEYS: readonly string[] = ["model", "prompt_cache_key", "service_tier"];

/** Compares the beginning of a prompt with that of an earlier one. */
export function comparePrefix(before: Prompt, after: Prompt): PrefixComparison {
  const sameParts = countSame(before.parts, after.parts);
  const sizes = (parts: readonly PromptPart[]) => parts.reduce((total, { text }) => total + text.length, 0);
  const parameters = changedParameters(before, after);
  const broken = breakOf(before, after, sameParts, parameters);
  return {
    sameParts,
    sameSize: sizes(after.parts.slice(0, sameParts)),
    size: sizes(after.parts),
    ...(broken === undefined ? {} : { break: broken }),
    parameters,
  };
}

/** Compares a prompt with an earlier one, part by part. */
export function comparePrompts(before: Prompt, after: Prompt): PromptComparison {
  const prefix = comparePrefix(before, after);
  return { ...prefix, parts: partChanges(before.parts, after.parts, prefix.sameParts) };
}

function countSame(before: readonly PromptPart[], after: readonly PromptPart[]): number {
  let count = 0;
  while (count < before.length && count < after.length && before[count]?.text === after[count]?.text) count++;
  return count;
}

function changedParameters(before: Prompt, after: Prompt): PrefixComparison["parameters"] {
  const names = [...new Set([...Object.keys(before.parameters), ...Object.keys(after.parameters)])];
  return names.flatMap((name) => {
    const [one, other] = [before.parameters[name], after.parameters[name]].map((value) =>
      value === undefined ? "not set" : JSON.stringify(value)
    );
    return one === other || one === undefined || other === undefined
      ? []
      : [{ name, before: one, after: other }];
  });
}

function breakOf(
  before: Prompt,
  after: Prompt,
  same: number,
  parameters: PrefixComparison["parameters"],
): CacheBreak | undefined {
  const key = parameters.find(({ name }) => CACHE_KEYS.includes(name));
  if (key !== undefined) {
    return {
      index: 0,
      kind: "parameter",
      label: key.name,
      pointer: `/${key.name}`,
      why: key.name === "model"
        ? "The model differs, and each model has its own cache"
        : `${key.name} differs, so the request may reach a server without the cache`,
      before: key.before,
      after: key.after,
    };
  }
  const [old, next] = [before.parts[same], after.parts[same]];
  if (old === undefined) return undefined;
  if (next === undefined) {
    return {
      index: same,
      kind: old.kind,
      label: old.label,
      pointer: old.pointer,
      why:
        `The prompt ends before ${old.label} of the earlier prompt: it and the following parts were removed`,
      before: shortened(old.text),
    };
  }
  const base = { index: same, kind: next.kind, label: next.label };
  const wasNext = before.parts[same + 1]?.text;
  const isNext = after.parts[same + 1]?.text;
  if (wasNext !== undefined && wasNext === next.text) {
    return {
      ...base,
      pointer: old.pointer,
      why: `${old.label} was removed${consequence(old)}`,
      before: shortened(old.text),
    };
  }
  if (isNext !== undefined && isNext === old.text) {
    return {
      ...base,
      pointer: next.pointer,
      why: `${next.label} was inserted before ${old.label}${consequence(next)}`,
      after: shortened(next.text),
    };
  }
  const moved = after.parts.findIndex(({ text }) => text === old.text);
  if (moved > same) {
    return {
      ...base,
      pointer: next.pointer,
      why: `${old.label} moved from position ${same} to ${moved}${consequence(next)}`,
      before: old.label,
      after: next.label,
    };
  }
  if (old.kind !== next.kind || old.label !== next.label) {
    return {
      ...base,
      pointer: next.pointer,
      why: `${next.label} is at the position of ${old.label}${consequence(next)}`,
      before: shortened(old.text),
      after: shortened(next.text),
    };
  }
  const difference = firstDifference(old.json, next.json);
  const place = difference === undefined || difference.pointer === "/" ? "" : difference.pointer;
  return {
    ...base,
    pointer: `${next.pointer}${place}`,
    why: `${next.label} changed${consequence(next)}`,
    before: difference?.recorded ?? shortened(old.text),
    after: difference?.received ?? shortened(next.text),
  };
}

function consequence({ kind }: PromptPart): string {
  if (kind === "tool") return ": tools come first in a prompt, so nothing after them can be reused";
  if (kind === "instructions") return ": they come before the conversation, so none of it can be reused";
  return "";
}

/** Compares the parts behind the equal beginning by their content: a longest common subsequence of small lists. */
function partChanges(
  before: readonly PromptPart[],
  after: readonly PromptPart[],
  same: number,
): readonly PartChange[] {
  const changes: PartChange[] = after.slice(0, same).map((part) => change("same", part));
  const known = new Map(before.slice(same).map((part) => [part.text, part] as const));
  const kept = new Set<string>();
  for (const part of after.slice(same)) {
    if (known.has(part.text)) {
      kept.add(part.text);
      changes.push(change("same", part));
      continue;
    }
    const twin = before.slice(same).find((other) =>
      other.pointer === part.pointer && other.label === part.label
    );
    if (twin === undefined || after.some(({ text }) => text === twin.text)) {
      changes.push({ ...change("added", part), after: shortened(part.text) });
    } else {
      kept.add(twin.text);
      const difference = firstDifference(twin.json, part.json);
      changes.push({
        ...change("changed", part),
        before: difference?.recorded ?? shortened(twin.text),
        after: difference?.received ?? shortened(part.text),
      });
    }
  }
  for (const part of before.slice(same)) {
    if (!kept.has(part.text)) changes.push({ ...change("removed", part), before: shortened(part.text) });
  }
  return changes;
}

function change(kind: PartChange["change"], part: PromptPart): PartChange {
  return { change: kind, label: part.label, size: part.text.length, pointer: part.pointer };
}

function shortened(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 160)}…`;
}
