/**
 * The answer of the authority, in the query of the redirect, and the wait for it.
 *
 * @module
 */

import type { SignedIn } from "../login_parts.ts";

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
    const description = "The answer contained no code";
    return { kind: "refused", code: "missing_authorization_code", description };
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

/**
 * The answer that a login waits for. The browser or the user may bring it; the time limit or a signal may end the
 * wait. The first of them counts.
 */
export class PendingAnswer {
  readonly #complete: (answer: CallbackAnswer) => Promise<SignedIn>;
  readonly #result = Promise.withResolvers<SignedIn>();
  #isOver = false;

  /** @param complete completes the login; called at most once */
  constructor(complete: (answer: CallbackAnswer) => Promise<SignedIn>) {
    this.#complete = complete;
    // It may be rejected while no caller waits for it.
    this.#result.promise.catch(() => {});
  }

  /** The login, or the reason of {@link cancel}. */
  get result(): Promise<SignedIn> {
    return this.#result.promise;
  }

  /** Delivers the answer. @returns the result of the login; `undefined` where the wait is over */
  accept(answer: CallbackAnswer): Promise<SignedIn> | undefined {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    this.#result.resolve(this.#complete(answer));
    return this.result;
  }

  /** Ends the wait. @returns false after an answer: its tokens may be on their way, and are not discarded */
  cancel(reason: unknown): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#result.reject(reason);
    return true;
  }
}
