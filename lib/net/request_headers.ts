/**
 * Builds the headers of a request, and checks them before a connection is opened.
 *
 * @module
 */
import { CulvertError } from "../errors.ts";

/**
 * Builds the headers.
 *
 * @param given the caller's headers
 * @param userAgent sent unless the caller sets another
 * @throws CulvertError `config` for a name or value that is invalid in HTTP; the value is not shown
 */
export function requestHeaders(given: Readonly<Record<string, string>>, userAgent: string): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    try {
      headers.append(name, value);
    } catch (error) {
      // The value may be a credential: the engine's message is not kept as a cause.
      if (!(error instanceof TypeError)) throw error;
      throw new CulvertError("config", `The request header ${JSON.stringify(name)} cannot be sent`, {
        hint:
          "Header names contain letters, digits and hyphens; values contain no line break and only Latin-1 characters.",
        details: { header: name },
      });
    }
  }
  if (!headers.has("user-agent")) headers.set("user-agent", userAgent);
  return headers;
}
