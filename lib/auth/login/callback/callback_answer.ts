/**
 * The answer of the authority, in the query of the redirect.
 *
 * @module
 */

/** Where the user began the login, if the authority tells it. */
export type OnboardingEntrypoint = "life_sciences";

/** A code, or a refusal. */
export type CallbackAnswer =
  | { readonly kind: "code"; readonly code: string; readonly onboarding?: OnboardingEntrypoint }
  | { readonly kind: "refused"; readonly code: string; readonly description: string };

/**
 * Reads the query of the redirect in the order state, error, code (as codex 0.171.0).
 *
 * @param state the state that was sent (RFC 6749 §10.12); the authority may append one known suffix to it
 * @returns `undefined` for the answer to another login
 */
export function answerOf(query: URLSearchParams, state: string): CallbackAnswer | undefined {
  const received = query.get("state");
  const isOnboarding = received === `${state}.onboarding_entrypoint=life_sciences`;
  if (received !== state && !isOnboarding) return undefined;
  const error = query.get("error");
  if (error !== null) {
    return { kind: "refused", code: error, description: query.get("error_description") ?? "" };
  }
  const code = query.get("code") ?? "";
  if (code === "") {
    return {
      kind: "refused",
      code: "missing_authorization_code",
      description: "The answer contained no code",
    };
  }
  return { kind: "code", code, ...(isOnboarding ? { onboarding: "life_sciences" } : {}) };
}

/**
 * Understands a pasted line: the address that the browser ended on, whose state must be that of this login, or the
 * bare code, which PKCE binds to this login.
 */
export function pastedAnswer(text: string, state: string): CallbackAnswer | undefined {
  if (/^https?:/i.test(text)) {
    const query = URL.parse(text)?.searchParams;
    // The address to open has the state too, but it is no answer.
    return query?.has("code") || query?.has("error") ? answerOf(query, state) : undefined;
  }
  return /^[\w.~-]{8,2000}$/.test(text) ? { kind: "code", code: text } : undefined;
}

/** Returns a note about an answer, without the values in it. */
export function describeAnswer(url: URL, isOwn: boolean): string {
  const has = (name: string) => (url.searchParams.get(name) ?? "") !== "";
  // With ":" and not with "=": the redactor masks what follows "=" after the name of a secret.
  return `the browser requested ${url.pathname}; has_code: ${has("code")}, has_state: ${has("state")}, ` +
    `has_error: ${has("error")}, state_valid: ${isOwn}`;
}
