/**
 * The longest head of a message that is accepted, and the reasons for messages that the parser of `node:http` refuses.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";

/**
 * Most bytes of the head of a request or a response: the request or status line with all fields. `node:http` would take
 * 16 KiB, less than servers and proxies do: nginx takes 32 KiB of a request by default, Envoy 60 KiB, Go's server 1 MiB,
 * and Chrome takes 256 KiB of a response.
 */
export const MAX_HEAD_BYTES = 256 * 1024;

/** An error of the parser of `node:http`. */
type ParserError = Error & { readonly code: string };

/** Tells whether an error means that the parser of `node:http` refused a message. */
export function isParserError(error: unknown): error is ParserError {
  return error instanceof Error && "code" in error && typeof error.code === "string" &&
    error.code.startsWith("HPE_");
}

/** Tells whether a message was refused because its head is longer than {@link MAX_HEAD_BYTES}. */
export function isHeadTooLong({ code }: ParserError): boolean {
  return code === "HPE_HEADER_OVERFLOW";
}

/** Returns why a message was refused. @param message what it is, such as `request` */
export function refusalReason(message: string, error: ParserError): string {
  return isHeadTooLong(error)
    ? `The head of the ${message} is longer than ${MAX_HEAD_BYTES / 1024} KiB`
    : `The ${message} is not valid HTTP/1.1: ${error.message}`;
}

/** Returns the error for a response that could not be read; other errors as they are. @param host of the origin */
export function responseError(error: Error, host: string): Error {
  if (!isParserError(error)) return error;
  return new CulvertError("server", refusalReason(`response of ${host}`, error), { cause: error });
}
