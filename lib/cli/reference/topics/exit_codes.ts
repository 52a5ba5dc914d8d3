/**
 * The help topic `exit-codes`, built from the list of errors.
 *
 * @module
 */
import { ERROR_CODES, EXIT, type ExitStatus } from "../../../errors.ts";
import type { Row } from "../layout.ts";
import type { Topic } from "../topic.ts";

/** The meaning of each exit code. */
const MEANINGS: Readonly<Record<ExitStatus, string>> = {
  [EXIT.done]: "success",
  [EXIT.internal]: "an internal error of culvert",
  [EXIT.usage]: "wrong usage or configuration",
  [EXIT.trust]: "trust: the CA bundle, or the verification of a server",
  [EXIT.auth]: "authentication",
  [EXIT.network]: "network or proxy, including the idle timeout",
  [EXIT.limited]: "rate limit or quota",
  [EXIT.server]: "the server failed or is overloaded",
  [EXIT.response]: "the response failed, is incomplete or was refused",
  [EXIT.schema]: "the output does not fit the schema",
  [EXIT.interrupted]: "interrupted (SIGINT, SIGQUIT)",
  [EXIT.readerGone]: "the reader of stdout closed the pipe",
  [EXIT.terminated]: "terminated (SIGTERM, SIGHUP)",
};

/** The exit codes, in order. */
export const exitRows: readonly Row[] = Object.entries(MEANINGS);

/** The topic. */
export const exitCodes: Topic = [
  { heading: "Exit status", rows: exitRows },
  {
    heading: "Error codes",
    text:
      "Every failure has one of these codes. With --json it is error.code of the last line. The number before it is the exit code of the program.",
    rows: Object.entries(ERROR_CODES).map(([code, { exit, brief }]) => [`${exit}  ${code}`, brief]),
  },
];
