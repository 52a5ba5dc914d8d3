/**
 * Recovery from a 401. Managed logins take the steps reload → refresh_token → done, external credentials
 * external_refresh → done; other credentials have no step. One object serves one turn, so a server that always
 * answers 401 costs at most three requests and one refresh.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { Observer } from "../../net/observer.ts";
import type { RecoveryOutcome, RecoveryResult, Rejection, TurnRecovery } from "../authenticator.ts";
import type { ActiveCredential, NotRunReason, Renewal } from "./active_credential.ts";
import { isPermanent, permanentFailure } from "./refresh_failure.ts";
import { describeRejection, isMissingScope, isRevoked } from "./rejection_report.ts";

/** A step; `none` without a credential. */
type RecoveryStep = "reload" | "refresh_token" | "external_refresh" | "done" | "none";

/** The result of a step. */
interface StepEnd {
  readonly step: RecoveryStep;
  readonly outcome: RecoveryOutcome;
  readonly reason: string;
  readonly stateChanged?: boolean;
  readonly failure?: CulvertError;
}

/** Recovery for one turn. */
export class Recovery implements TurnRecovery {
  readonly #credential: () => ActiveCredential | undefined;
  readonly #observer: Observer;
  #next: RecoveryStep | undefined;
  #lastRun: RecoveryStep | undefined;
  #count = 0;

  /**
   * @param credential returns the credential in use; called at the first 401, after `authorize`
   * @param observer receives one observation for every 401
   */
  constructor(credential: () => ActiveCredential | undefined, observer: Observer) {
    this.#credential = credential;
    this.#observer = observer;
  }

  /** The step that the next 401 runs. */
  get step(): RecoveryStep {
    return this.#next ?? firstStep(this.#credential()?.renewal);
  }

  /** How the credential is renewed, as the evidence tags name it: everything but external ones is managed. */
  get mode(): "managed" | "external" | "none" {
    const renewal = this.#credential()?.renewal;
    if (renewal === undefined) return "none";
    if (renewal.mode === "none") return renewal.reason === "auth_manager_missing" ? "none" : "managed";
    return renewal.mode;
  }

  /** As {@link TurnRecovery.recover}. */
  readonly recover = async (rejection: Rejection, signal?: AbortSignal): Promise<RecoveryResult> => {
    const { failure, ...end } = await this.#run(rejection, signal);
    const { outcome, reason, step: phase } = end;
    this.#observer.observe({
      kind: "recovery",
      mode: this.mode,
      phase,
      outcome,
      reason,
      count: ++this.#count,
      ...(end.stateChanged === undefined ? {} : { stateChanged: end.stateChanged }),
      endpoint: rejection.endpoint,
      transport: rejection.transport,
      evidence: rejection.evidence,
      ...rejection.sent?.agent,
    });
    if (outcome === "recovery_succeeded") return { resend: true, phase };
    const error = describeRejection(rejection, this.#credential() ?? NO_CREDENTIAL, {
      mode: this.mode,
      phase,
      outcome,
      reason,
      ...(failure === undefined ? {} : { failure }),
    });
    return { resend: false, outcome, reason, error };
  };

  async #run(rejection: Rejection, signal: AbortSignal | undefined): Promise<StepEnd> {
    const credential = this.#credential();
    const step = this.step;
    if (credential === undefined) return notRun(step, "auth_manager_missing");
    const { renewal } = credential;
    if (renewal.mode === "none") return notRun(step, renewal.reason);
    if (isMissingScope(rejection)) return notRun(step, "missing_scope");
    if (step === "done") return notRun(step, "recovery_exhausted");
    try {
      return renewal.mode === "external"
        ? await this.#external(renewal, rejection, credential, signal)
        : await this.#managed(renewal, rejection, credential, signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      return failed(this.#lastRun ?? step, asCulvertError(thrown));
    }
  }

  async #managed(
    renewal: Extract<Renewal, { mode: "managed" }>,
    rejection: Rejection,
    credential: ActiveCredential,
    signal: AbortSignal | undefined,
  ): Promise<StepEnd> {
    const agent = rejection.sent?.agent;
    const login = agent === undefined ? renewal.login : renewal.agent?.(agent) ?? renewal.login;
    if (this.step === "reload") {
      this.#begin("reload", "refresh_token");
      if (wasReplaced(rejection, credential) || await login.reload(signal)) return succeeded("reload");
      if (isRevoked(rejection)) {
        return { ...failed("reload", permanentFailure("revoked")), stateChanged: false };
      }
      // The token is the same: the server would refuse it again.
    }
    this.#begin("refresh_token", "done");
    return await login.renew("unauthorized_recovery", signal)
      ? succeeded("refresh_token")
      : unchanged("refresh_token");
  }

  async #external(
    renewal: Extract<Renewal, { mode: "external" }>,
    rejection: Rejection,
    credential: ActiveCredential,
    signal: AbortSignal | undefined,
  ): Promise<StepEnd> {
    this.#begin("external_refresh", "done");
    const present = credential.presentHeaders();
    const sent = rejection.sent?.headers;
    // Another turn of this process may have renewed it.
    if (sent !== undefined && present !== undefined && !isEqual(present, sent)) {
      return succeeded("external_refresh");
    }
    const before = sent ?? (await credential.authorize(signal)).headers;
    const renewed = await renewal.renew(signal);
    return isEqual(renewed, before) ? unchanged("external_refresh") : succeeded("external_refresh");
  }

  #begin(step: RecoveryStep, next: RecoveryStep): void {
    this.#lastRun = step;
    this.#next = next;
  }
}

const NO_CREDENTIAL = { mode: "none", source: { kind: "none", name: "none" } } as const;

function firstStep(renewal: Renewal | undefined): RecoveryStep {
  if (renewal === undefined) return "none";
  if (renewal.mode === "none" && renewal.reason === "auth_manager_missing") return "none";
  return renewal.mode === "external" ? "external_refresh" : "reload";
}

/** Tells whether another turn of this process renewed the token. Signatures differ for every request. */
function wasReplaced(rejection: Rejection, credential: ActiveCredential): boolean {
  if (rejection.sent?.agent !== undefined) return false;
  const sent = rejection.sent?.headers["authorization"];
  const present = credential.presentHeaders()?.["authorization"];
  return sent !== undefined && present !== undefined && sent !== present;
}

function isEqual(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

function succeeded(step: RecoveryStep): StepEnd {
  return { step, outcome: "recovery_succeeded", reason: "ready", stateChanged: true };
}

function unchanged(step: RecoveryStep): StepEnd {
  return { step, outcome: "recovery_failed_permanent", reason: "credential_unchanged", stateChanged: false };
}

function notRun(step: RecoveryStep, reason: NotRunReason): StepEnd {
  return { step, outcome: "recovery_not_run", reason };
}

function failed(step: RecoveryStep, failure: CulvertError): StepEnd {
  const reason = failure.details["reason"];
  return {
    step,
    outcome: isPermanent(failure) ? "recovery_failed_permanent" : "recovery_failed_transient",
    reason: typeof reason === "string" ? reason : failure.code,
    failure,
  };
}
