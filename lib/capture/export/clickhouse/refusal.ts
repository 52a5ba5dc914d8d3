/**
 * Failures that ClickHouse reports, and whether the same request may succeed later.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { type Attempt, isTransient } from "../../../net/dialer/retry.ts";

/** An answer whose body has been read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Exception codes of conditions that pass without a change of the request, the table or the user
 * (https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp).
 */
const TEMPORARY_CODES: ReadonlySet<number> = new Set([
  159, // TIMEOUT_EXCEEDED
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  236, // ABORTED: the server is stopping
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY: the replica has lost its session with Keeper
  252, // TOO_MANY_PARTS
  285, // TOO_FEW_LIVE_REPLICAS
  319, // UNKNOWN_STATUS_OF_INSERT
  425, // SYSTEM_ERROR
  999, // KEEPER_EXCEPTION
]);

/** Statuses of a server or a proxy that is busy or starts, without an exception of ClickHouse. */
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** Exception codes of a missing or wrong user or password: 192 to 194 before release 20.10, 516 since. */
const CREDENTIAL_CODES: ReadonlySet<number | undefined> = new Set([192, 193, 194, 516]);

/** Returns whether another attempt may succeed. An exception code decides; ClickHouse sends many with status 500. */
export function isTemporary(attempt: Attempt<Answer>): boolean {
  if (attempt.kind === "error") return isTransient(attempt);
  const { reply } = attempt;
  const code = exceptionCode(reply);
  return code === undefined ? TEMPORARY_STATUSES.has(reply.status) : TEMPORARY_CODES.has(code);
}

/** Returns the error for an answer with a status of 4xx or 5xx. Its detail `temporary` is {@link isTemporary}. */
export function refusalError(reply: Answer, host: string): CulvertError {
  const { status, text } = reply;
  const code = exceptionCode(reply);
  const isCredential = status === 401 || status === 403 || CREDENTIAL_CODES.has(code);
  return new CulvertError("server", `ClickHouse at ${host} answered ${status}: ${text.trim()}`, {
    hint: isCredential
      ? "Give user and password in the URL: http://USER:PASSWORD@HOST:8123/"
      : "Check the URL: it must be the HTTP interface, and ?database=NAME selects the database.",
    details: {
      host,
      status,
      ...(code === undefined ? {} : { exception_code: code }),
      temporary: isTemporary({ kind: "reply", reply }),
    },
  });
}

/** Returns the code of the exception: from the header, which releases before 19 do not send, or from the text. */
function exceptionCode({ headers, text }: Answer): number | undefined {
  const code = headers.get("x-clickhouse-exception-code") ?? /^Code: (\d+)[.,]/.exec(text)?.[1];
  return code === undefined || !/^\d+$/.test(code) ? undefined : Number(code);
}
