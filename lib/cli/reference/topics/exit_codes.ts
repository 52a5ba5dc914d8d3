/**
 * `culvert help exit-codes`, out of the one list of errors.
 *
 * @module
 */
import { ERROR_CODES, EXIT, type ExitStatus } from "../../../errors.ts";
import type { Row } from "../layout.ts";
import type { Topic } from "../topic.ts";

/** What each exit status means. */
const MEANINGS: Readonly<Record<ExitStatus, string>> = {
  [EXIT.done]: "done",
  [EXIT.internal]: "a fault in culvert",
  [EXIT.usage]: "wrong usage or configuration",
  [EXIT.trust]: "trust: the CA bundle, or the verification of a server",
  [EXIT.auth]: "authentication",
  [EXIT.network]: "network or proxy, silence beyond the idle limit included",
  [EXIT.limited]: "rate limit or quota",
  [EXIT.server]: "the server failed or is overloaded",
  [EXIT.response]: "the response ended failed, incomplete or refused",
  [EXIT.schema]: "the output does not fit the schema",
  [EXIT.interrupted]: "interrupted (SIGINT)",
  [EXIT.readerGone]: "whoever read the output went away",
  [EXIT.terminated]: "terminated (SIGTERM)",
};

/** The exit statuses, in order. */
export const exitRows: readonly Row[] = Object.entries(MEANINGS);

/** The topic. */
export const exitCodes: Topic = [
  { heading: "Exit status", rows: exitRows },
  {
    heading: "Error codes",
    text:
      "Every failure has one of these codes. With --json it stands in the last line as error.code; the number before it is the exit status that it leads to.",
    rows: Object.entries(ERROR_CODES).map(([code, { exit, brief }]) => [`${exit}  ${code}`, brief]),
  },
];
