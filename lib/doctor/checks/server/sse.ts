/**
 * Checks that events arrive when they are sent, and are not held back on the way.
 *
 * @module
 */
import { type Check, type Finding, skipped } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { ANSWER_LIMIT_MS, requestAnswer } from "../../transport/answer_stream.ts";
import { requestTimedEvents, TIMED_EVENTS_HEADER } from "../../transport/timed_stream.ts";

/** The check. */
export const sseCheck: Check<DoctorContext> = {
  id: "sse",
  category: "stream",
  question: "Do events arrive when they are sent, or are they delayed on the route?",
  network: true,
  needs: ["http", "credentials", "responses"],
  overdue: {
    code: "idle_timeout",
    remediation: "The stream was accepted, but no event arrived: a proxy may buffer it. " +
      "Ask your network team to disable buffering of text/event-stream from this host.",
  },
  ownBudgetMs: ({ spend }) => spend ? ANSWER_LIMIT_MS : undefined,
  run: async (context, signal) => {
    const list = await context.modelList(signal);
    const path = list.headers.get(TIMED_EVENTS_HEADER);
    if (path !== null) return await requestTimedEvents(context, path, signal);
    if (!context.spend) return notTested();
    const authorization = await context.authorization("/responses", signal);
    if (authorization.kind !== "headers") return skipped(`Skipped: ${authorization.reason}`);
    return await requestAnswer(context, signal);
  },
};

function notTested(): Finding {
  return skipped(
    "Skipped: only a real answer, which costs tokens, shows whether a stream is delayed, cut or silent; " +
      "--spend tests it",
  );
}
