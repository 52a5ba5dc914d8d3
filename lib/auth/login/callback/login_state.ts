/**
 * The state that comes back with an answer, and the hint that the authority may have hung on it.
 *
 * @module
 */

/** Where the user began, as far as the authority tells it. */
export type OnboardingEntrypoint = "life_sciences";

/** A state that is this login's. */
export interface OwnState {
  readonly onboarding?: OnboardingEntrypoint;
}

/**
 * Looks whether a state that came back is the one that was sent. One suffix is known and may follow it, once.
 *
 * @returns nothing for any other
 */
export function ownState(received: string | null, sent: string): OwnState | undefined {
  if (received === sent) return {};
  if (received === `${sent}.onboarding_entrypoint=life_sciences`) return { onboarding: "life_sciences" };
  return undefined;
}
