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
  question: "Do events arrive when they are sent, or are they held back on the way?",
  network: true,
  needs: ["http", "credentials", "responses"],
  overdue: {
    code: "idle_timeout",
    remediation: "The stream was accepted and no event came: a proxy that buffers may hold it back. " +
      "Ask your network team to pass text/event-stream from this host without buffering.",
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
    "Skipped: whether a stream is held back, cut or silent shows only in a real answer, which costs tokens; " +
      "--spend tests it",
  );
}
