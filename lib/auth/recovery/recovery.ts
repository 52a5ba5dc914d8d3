/**
 * Recovery from a 401. Managed logins take the steps reload → refresh_token → done, external credentials
 * external_refresh → done; other credentials have no step. One object serves one turn, so a server that always
 * answers 401 costs at most three requests and one refresh.
 *
 * @module
 */
import { asCulvertError, type CulvertError } from "../../errors.ts";
import type { Observer, RecoveryObservation } from "../../net/observer.ts";
import {
  type Authorization,
  NO_SOURCE,
  type RecoveryResult,
  type Rejection,
  type TurnRecovery,
} from "../authenticator.ts";
import {
  type ActiveCredential,
  fixedCredential,
  type NotRunReason,
  type Renewal,
} from "./active_credential.ts";
import { isPermanent, permanentFailure } from "./refresh_failure.ts";
import { describeRejection, isMissingScope, isRevoked, type RecoveryEnd } from "./rejection_report.ts";

/** A step; `none` without a credential. */
type Phase = "reload" | "refresh_token" | "external_refresh" | "done" | "none";

/** The result of a step. */
type StepEnd =
  & Pick<RecoveryEnd, "outcome" | "reason" | "failure">
  & Pick<RecoveryObservation, "stateChanged">;

const FIRST_STEPS = { managed: "reload", external: "external_refresh", none: "none" } as const;
const NO_CREDENTIAL = fixedCredential("none", NO_SOURCE, {}, "auth_manager_missing");
const SUCCEEDED: StepEnd = { outcome: "recovery_succeeded", reason: "ready", stateChanged: true };
const UNCHANGED: StepEnd = {
  outcome: "recovery_failed_permanent",
  reason: "credential_unchanged",
  stateChanged: false,
};

/** Recovery for one turn. */
export class Recovery implements TurnRecovery {
  readonly #credential: () => ActiveCredential | undefined;
  readonly #observer: Observer;
  /** The step that runs, ran last, or runs next. */
  #step: Phase | undefined;
  #count = 0;

  /**
   * @param credential returns the credential in use; called at the first 401, after `authorize`
   * @param observer receives one observation for every 401
   */
  constructor(credential: () => ActiveCredential | undefined, observer: Observer) {
    this.#credential = credential;
    this.#observer = observer;
  }

  /** As {@link TurnRecovery.recover}. */
  readonly recover = async (rejection: Rejection, signal?: AbortSignal): Promise<RecoveryResult> => {
    const credential = this.#credential() ?? NO_CREDENTIAL;
    const mode = modeOf(credential);
    this.#step ??= FIRST_STEPS[mode];
    const { failure, outcome, reason, stateChanged } = await this.#run(rejection, credential, signal);
    const phase = this.#step;
    if (outcome !== "recovery_not_run") this.#step = phase === "reload" ? "refresh_token" : "done";
    this.#observer.observe({
      kind: "recovery",
      mode,
      phase,
      outcome,
      reason,
      count: ++this.#count,
      ...(stateChanged === undefined ? {} : { stateChanged }),
      endpoint: rejection.endpoint,
      transport: rejection.transport,
      evidence: rejection.evidence,
      ...rejection.sent.agent,
    });
    if (outcome === "recovery_succeeded") return { resend: true, phase };
    const end = { mode, phase, outcome, reason, ...(failure === undefined ? {} : { failure }) };
    return { resend: false, outcome, reason, error: describeRejection(rejection, end) };
  };

  async #run(
    rejection: Rejection,
    { presentHeaders, renewal }: ActiveCredential,
    signal: AbortSignal | undefined,
  ): Promise<StepEnd> {
    if (renewal.mode === "none") return notRun(renewal.reason);
    if (isMissingScope(rejection)) return notRun("missing_scope");
    if (this.#step === "done") return notRun("recovery_exhausted");
    try {
      if (this.#step !== "refresh_token" && isReplaced(rejection.sent, presentHeaders?.())) return SUCCEEDED;
      if (renewal.mode === "managed") return await this.#managed(renewal, rejection, signal);
      return isEqual(await renewal.renew(signal), rejection.sent.headers) ? UNCHANGED : SUCCEEDED;
    } catch (thrown) {
      signal?.throwIfAborted();
      return failed(asCulvertError(thrown));
    }
  }

  async #managed(
    { agent, login }: Extract<Renewal, { mode: "managed" }>,
    rejection: Rejection,
    signal: AbortSignal | undefined,
  ): Promise<StepEnd> {
    const signer = rejection.sent.agent;
    const renewable = signer === undefined ? login : agent?.(signer) ?? login;
    if (this.#step === "reload") {
      if (await renewable.reload(signal)) return SUCCEEDED;
      if (isRevoked(rejection)) return { ...failed(permanentFailure("revoked")), stateChanged: false };
      // The token is the same: the server would refuse it again.
      this.#step = "refresh_token";
    }
    return await renewable.renew("unauthorized_recovery", signal) ? SUCCEEDED : UNCHANGED;
  }
}

type SentHeaders = Readonly<Record<string, string>>;

/** Tells whether another turn of this process renewed the credential. Signatures differ for every request. */
function isReplaced({ agent, headers }: Authorization, present: SentHeaders | undefined): boolean {
  return agent === undefined && present !== undefined && !isEqual(present, headers);
}

/** Returns how a credential is renewed, as the evidence tags name it: everything but external ones is managed. */
function modeOf({ mode, renewal }: ActiveCredential): RecoveryEnd["mode"] {
  if (mode === "none") return "none";
  return renewal.mode === "external" ? "external" : "managed";
}

function isEqual(one: SentHeaders, other: SentHeaders): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function notRun(reason: NotRunReason): StepEnd {
  return { outcome: "recovery_not_run", reason };
}

function failed(failure: CulvertError): StepEnd {
  const { reason = failure.code } = failure.details;
  const outcome = isPermanent(failure) ? "recovery_failed_permanent" : "recovery_failed_transient";
  return { outcome, reason: String(reason), failure };
}
