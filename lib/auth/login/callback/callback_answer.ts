/**
 * What the authority put into the redirect.
 *
 * @module
 */
import { type OnboardingEntrypoint, ownState } from "./login_state.ts";

/** What came back: a code, or a refusal of the authority. */
export type CallbackAnswer =
  | { readonly kind: "code"; readonly code: string; readonly onboarding?: OnboardingEntrypoint }
  | { readonly kind: "refused"; readonly code: string; readonly description: string };

/**
 * Reads the query of the redirect: state, then error, then code.
 *
 * @param state of this login
 * @returns nothing where the answer is for another login
 */
export function answerOf(query: URLSearchParams, state: string): CallbackAnswer | undefined {
  const own = ownState(query.get("state"), state);
  if (own === undefined) return undefined;
  const error = query.get("error");
  if (error !== null) {
    return { kind: "refused", code: error, description: query.get("error_description") ?? "" };
  }
  const code = query.get("code") ?? "";
  if (code !== "") return { kind: "code", code, ...own };
  return { kind: "refused", code: "missing_authorization_code", description: "The answer held no code" };
}

/** The line about an answer: of its query nothing but what there was. */
export function describeAnswer(url: URL, isOwn: boolean): string {
  const has = (name: string) => (url.searchParams.get(name) ?? "") !== "";
  // Not with a =, behind which any value is masked that is named like a secret.
  return `the browser came to ${url.pathname}; has_code: ${has("code")}, has_state: ${has("state")}, ` +
    `has_error: ${has("error")}, state_valid: ${isOwn}`;
}
