/** The outcome that each cell of the fault matrix must have, as rules. The first rule that fits a cell holds. */
import type { Cell, Outcome } from "./matrix.ts";

interface Rule {
  readonly why: string;
  readonly fits: (cell: Cell) => boolean;
  readonly outcome: Omit<Outcome, "resultLines" | "isInTime">;
}

/** The answer came whole, by one request. */
const DONE = { exitCode: 0, requests: 1, retries: 0, keepsPartialText: true };
/** Both attempts broke after some text, which was passed on. */
const BROKEN = { exitCode: 5, requests: 2, retries: 1, keepsPartialText: true };

const RULES: readonly Rule[] = [
  {
    why: "a late answer is an answer",
    fits: ({ fault }) => fault === "latency",
    outcome: DONE,
  },
  {
    why: "a response is complete with its terminal event",
    fits: ({ point }) => point === "after the terminal event",
    outcome: DONE,
  },
  {
    why: "a damaged character within the JSON of a delta leaves the framing intact",
    fits: ({ transport, point, fault }) =>
      transport === "sse" && fault === "corrupt byte" && point !== "before headers",
    outcome: DONE,
  },
  {
    why:
      "an intercepting proxy answers 502 for a server that breaks off, and is silent with a server that is silent",
    fits: ({ path, point, fault }) =>
      path === "intercepted" && point === "before headers" && fault !== "stall",
    outcome: { exitCode: 7, requests: 2, retries: 1, keepsPartialText: false },
  },
  {
    why: "no answer came, twice",
    fits: ({ point }) => point === "before headers",
    outcome: { exitCode: 5, requests: 2, retries: 1, keepsPartialText: false },
  },
  {
    why: "the stream broke before its end, twice",
    fits: () => true,
    outcome: BROKEN,
  },
];

/** The outcome that a cell must have, and why. */
export function expectedOutcome(cell: Cell): { readonly why: string; readonly outcome: Outcome } {
  const rule = RULES.find(({ fits }) => fits(cell));
  if (rule === undefined) throw new Error("The last rule fits every cell");
  // An upgrade that fails sends no request to the model.
  const isFailedUpgrade = cell.transport === "ws" && cell.point === "before headers" &&
    cell.fault !== "latency";
  const requests = isFailedUpgrade ? 0 : rule.outcome.requests;
  return { why: rule.why, outcome: { ...rule.outcome, requests, resultLines: 1, isInTime: true } };
}
