/**
 * Finds the recorded answer to a request.
 *
 * @module
 */
import { member, parsed } from "../record/decode/event_facts.ts";
import { type Difference, firstDifference, sameText } from "./message_difference.ts";
import type { RecordedAnswer } from "./recorded_answer.ts";

/**
 * How a request is matched. `exact`: method, path, query and body without its volatile members. `shape`: model, names
 * of the tools, types of the items and the last text of the user. `order`: the next answer to the same path.
 */
export type MatchMode = "exact" | "shape" | "order";

/** A request that arrived. */
export interface IncomingRequest {
  readonly method: string;
  /** Without the base of the API, see `plainPath`. */
  readonly path: string;
  readonly query: string;
  readonly text: string | undefined;
}

/** The result of a search. */
export type Match =
  | { readonly kind: "found"; readonly answer: RecordedAnswer }
  | {
    readonly kind: "missed";
    /** The recorded request that is most like it. */
    readonly nearest?: RecordedAnswer;
    /** Where the two differ first. */
    readonly difference?: Difference;
  };

/**
 * Finds an answer. One that was not used yet is preferred; after that the last of them is given again, except in the
 * mode `order`.
 */
export function findAnswer(
  answers: readonly RecordedAnswer[],
  request: IncomingRequest,
  mode: MatchMode,
): Match {
  const samePlace = answers.filter(({ method, path }) => method === request.method && path === request.path);
  if (mode === "order") {
    const next = samePlace.find(({ used }) => used === 0);
    return next === undefined ? miss(answers, samePlace, request) : { kind: "found", answer: next };
  }
  const received = request.text === undefined ? undefined : parsed(request.text);
  const wanted = mode === "shape" ? shapeOf(received) : undefined;
  const fits = samePlace.filter((answer) =>
    mode === "shape" && wanted !== undefined
      ? shapeOf(answer.json()) === wanted
      : differenceTo(answer, request, received) === undefined
  );
  const answer = fits.find(({ used }) => used === 0) ?? fits.at(-1);
  return answer === undefined ? miss(answers, samePlace, request) : { kind: "found", answer };
}

/** Returns the first difference between a recorded request and one that arrived. */
function differenceTo(
  answer: RecordedAnswer,
  request: IncomingRequest,
  received: unknown = request.text === undefined ? undefined : parsed(request.text),
): Difference | undefined {
  if (!sameQuery(answer.query, request.query)) {
    return { pointer: "?", recorded: answer.query, received: request.query };
  }
  const recorded = answer.json();
  if (recorded !== undefined && received !== undefined) return firstDifference(recorded, received);
  const [one, other] = [answer.text() ?? "", request.text ?? ""];
  if (sameText(one, other)) return undefined;
  return {
    pointer: "/",
    recorded: JSON.stringify(one.slice(0, 120)),
    received: JSON.stringify(other.slice(0, 120)),
  };
}

function sameQuery(recorded: string, received: string): boolean {
  const [one, other] = [recorded, received].map((query) =>
    new URLSearchParams(query).entries().toArray().toSorted()
  );
  return one?.length === other?.length &&
    (one ?? []).every(([name, value], index) =>
      name === other?.[index]?.[0] && sameText(value, other[index][1])
    );
}

/** Returns what a request asks for in outline; `undefined` where it is no model call. */
function shapeOf(request: unknown): string | undefined {
  const input = member(request, "input") ?? member(request, "messages");
  if (input === undefined) return undefined;
  const items: readonly unknown[] = Array.isArray(input) ? input : [{ role: "user", content: input }];
  const tools = member(request, "tools");
  const lastOfUser = items.findLast((item) => member(item, "role") === "user");
  return JSON.stringify({
    type: member(request, "type"),
    model: member(request, "model"),
    tools: Array.isArray(tools) ? tools.map((tool) => member(tool, "name") ?? member(tool, "type")) : [],
    items: items.map((item) => [member(item, "type") ?? "message", member(item, "role")]),
    last: member(lastOfUser, "content"),
  });
}

function miss(
  all: readonly RecordedAnswer[],
  samePlace: readonly RecordedAnswer[],
  request: IncomingRequest,
): Match {
  const received = request.text === undefined ? undefined : parsed(request.text);
  let best: {
    readonly answer: RecordedAnswer;
    readonly difference: Difference | undefined;
    readonly score: number;
  } | undefined;
  for (const answer of samePlace) {
    const difference = differenceTo(answer, request, received);
    const score = likeness(answer.json(), received);
    if (best === undefined || score > best.score) best = { answer, difference, score };
  }
  if (best !== undefined) {
    return {
      kind: "missed",
      nearest: best.answer,
      ...(best.difference === undefined ? {} : { difference: best.difference }),
    };
  }
  const sameMethod = all.find(({ method }) => method === request.method) ?? all[0];
  if (sameMethod === undefined) return { kind: "missed" };
  const difference = {
    pointer: "path",
    recorded: `${sameMethod.method} ${sameMethod.path}`,
    received: `${request.method} ${request.path}`,
  };
  return { kind: "missed", nearest: sameMethod, difference };
}

/** Counts how many parts of two requests are equal: items of the input, and the other members. */
function likeness(recorded: unknown, received: unknown): number {
  if (
    typeof recorded !== "object" || recorded === null || typeof received !== "object" || received === null
  ) return 0;
  let score = 0;
  for (const [name, value] of Object.entries(recorded)) {
    const other = member(received, name);
    if (Array.isArray(value) && Array.isArray(other)) {
      for (const [index, element] of value.entries()) {
        if (index >= other.length || firstDifference(element, other[index]) !== undefined) break;
        score += 2;
      }
      // The same number of items is a good sign where they differ.
      if (value.length === other.length) score += 1;
    } else if (other !== undefined && firstDifference(value, other) === undefined) score += 1;
  }
  return score;
}
