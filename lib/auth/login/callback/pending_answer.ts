/**
 * The one answer of a login. The browser may bring it, or the user's clipboard; a later login, the clock or a signal
 * may end the wait for it. Whoever is first has it, and the others are told so.
 *
 * @module
 */
import type { CallbackAnswer } from "./callback_answer.ts";
import type { SignedIn } from "../login_parts.ts";

/** A login that waits for its answer, until one is accepted or the wait is given up: either once. */
export class PendingAnswer {
  readonly #answer = Promise.withResolvers<CallbackAnswer>();
  readonly #end = Promise.withResolvers<SignedIn>();
  #isSettled = false;

  constructor() {
    // Either may fail while nobody waits for it.
    this.#answer.promise.catch(() => {});
    this.#end.promise.catch(() => {});
  }

  /**
   * Brings the answer.
   *
   * @returns what the login comes to; `undefined` where an answer was accepted before, or is not waited for any more
   */
  accept(answer: CallbackAnswer): Promise<SignedIn> | undefined {
    if (!this.#settle()) return undefined;
    this.#answer.resolve(answer);
    return this.#end.promise;
  }

  /**
   * Ends the wait.
   *
   * @param reason what the login fails with
   * @returns false where there is nothing to give up: of an accepted answer tokens may be on their way already, and
   *   they are not thrown away
   */
  giveUp(reason: unknown): boolean {
    if (!this.#settle()) return false;
    this.#answer.reject(reason);
    return true;
  }

  /**
   * Waits for the answer and completes the login with it.
   *
   * @throws what the wait was given up for; what the work throws
   */
  async complete(work: (answer: CallbackAnswer) => Promise<SignedIn>): Promise<SignedIn> {
    const answer = await this.#answer.promise;
    this.#end.resolve(work(answer));
    return await this.#end.promise;
  }

  #settle(): boolean {
    const isFirst = !this.#isSettled;
    this.#isSettled = true;
    return isFirst;
  }
}
