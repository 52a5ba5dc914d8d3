/**
 * The state machine behind a 401. Managed logins go reload → refresh_token → done, external credentials
 * external_refresh → done; everything else is done from the start. One machine lives for one turn, so a server
 * that answers 401 for ever costs at most three sends and one refresh.
 *
 * @module
 */
import { asCulvertError, CulvertError } from "../../errors.ts";
import type { Observer } from "../../net/observer.ts";
import type { ActiveCredential, NotRunReason, Renewal } from "./active_credential.ts";
import type { RecoveryOutcome, RecoveryResult, Rejection, TurnRecovery } from "../authenticator.ts";
import { isPermanent, permanentFailure } from "./refresh_failure.ts";
import { describeRejection, isMissingScope, isRevoked } from "./rejection_report.ts";

/** Steps of the machine. `none` where there is no credential to recover. */
export type RecoveryStep = "reload" | "refresh_token" | "external_refresh" | "done" | "none";

/** What a step came to. */
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
  #step: RecoveryStep | undefined;

  /**
   * @param credential the one in use; asked at the first 401, when `authorize` has found it
   * @param observer told once for every 401
   */
  constructor(credential: () => ActiveCredential | undefined, observer: Observer) {
    this.#credential = credential;
    this.#observer = observer;
  }

  /** The step that the next 401 would run. */
  get step(): RecoveryStep {
    return this.#step ?? firstStep(this.#credential()?.renewal);
  }

  /** How this turn's credential recovers. */
  get mode(): "managed" | "external" | "none" {
    const renewal = this.#credential()?.renewal;
    if (renewal === undefined) return "none";
    // The evidence calls everything managed that no command and no host program owns.
    if (renewal.mode === "none") return renewal.reason === "auth_manager_missing" ? "none" : "managed";
    return renewal.mode;
  }

  readonly recover = async (rejection: Rejection, signal?: AbortSignal): Promise<RecoveryResult> => {
    const end = await this.#run(rejection, signal);
    this.#observer.observe({
      kind: "recovery",
      mode: this.mode,
      phase: end.step,
      outcome: end.outcome,
      reason: end.reason,
      ...(end.stateChanged === undefined ? {} : { stateChanged: end.stateChanged }),
      endpoint: rejection.endpoint,
      transport: rejection.transport,
      evidence: rejection.evidence,
      ...rejection.sent?.agent,
    });
    if (end.outcome === "recovery_succeeded") return { resend: true, phase: end.step };
    const credential = this.#credential() ?? NO_CREDENTIAL;
    const error = describeRejection(rejection, credential, {
      mode: this.mode,
      phase: end.step,
      outcome: end.outcome,
      reason: end.reason,
      ...(end.failure === undefined ? {} : { failure: end.failure }),
    });
    return { resend: false, outcome: end.outcome, reason: end.reason, error };
  };

  async #run(rejection: Rejection, signal: AbortSignal | undefined): Promise<StepEnd> {
    const credential = this.#credential();
    const step = this.step;
    const renewal = credential?.renewal;
    if (renewal === undefined) return notRun(step, "auth_manager_missing");
    if (renewal.mode === "none") return notRun(step, renewal.reason);
    if (isMissingScope(rejection)) return notRun(step, "missing_scope");
    if (step === "done") return notRun(step, "recovery_exhausted");
    try {
      if (renewal.mode === "external") return await this.#external(renewal, rejection, credential, signal);
      return await this.#managed(renewal, rejection, wasReplaced(rejection, credential), signal);
    } catch (thrown) {
      if (signal?.aborted === true) throw signal.reason;
      return failed(this.#lastRun ?? step, asCulvertError(thrown));
    }
  }

  #lastRun: RecoveryStep | undefined;

  async #managed(
    renewal: Extract<Renewal, { mode: "managed" }>,
    rejection: Rejection,
    isReplaced: boolean,
    signal: AbortSignal | undefined,
  ): Promise<StepEnd> {
    const agent = rejection.sent?.agent;
    const login = agent === undefined ? renewal.login : renewal.agent?.(agent) ?? renewal.login;
    if (this.step === "reload") {
      this.#begin("reload", "refresh_token");
      // Another turn of this process may have renewed it since the refused request was sent.
      if (isReplaced || await login.reload(signal)) return succeeded("reload");
      if (isRevoked(rejection)) return failed("reload", permanentFailure("revoked"), false);
      // Nothing changed: sending the same token again would only be refused again.
    }
    this.#begin("refresh_token", "done");
    if (await login.renew("unauthorized_recovery", signal)) return succeeded("refresh_token");
    return unchanged("refresh_token");
  }

  async #external(
    renewal: Extract<Renewal, { mode: "external" }>,
    rejection: Rejection,
    credential: ActiveCredential | undefined,
    signal: AbortSignal | undefined,
  ): Promise<StepEnd> {
    this.#begin("external_refresh", "done");
    const present = credential?.presentHeaders();
    // Another turn of this process may have renewed it since the refused request was sent.
    if (rejection.sent !== undefined && present !== undefined && !isSame(present, rejection.sent.headers)) {
      return succeeded("external_refresh");
    }
    const before = rejection.sent?.headers ?? (await credential?.authorize(signal))?.headers ?? {};
    const renewed = await renewal.renew(signal);
    return isSame(renewed, before) ? unchanged("external_refresh") : succeeded("external_refresh");
  }

  #begin(step: RecoveryStep, next: RecoveryStep): void {
    this.#lastRun = step;
    this.#step = next;
  }
}

const NO_CREDENTIAL = { mode: "none", source: { kind: "none", name: "none" } } as const;

function firstStep(renewal: Renewal | undefined): RecoveryStep {
  if (renewal === undefined) return "none";
  if (renewal.mode === "none" && renewal.reason === "auth_manager_missing") return "none";
  return renewal.mode === "external" ? "external_refresh" : "reload";
}

/** Whether the credential in memory is not the one that was refused any more. No two signatures are the same. */
function wasReplaced(rejection: Rejection, credential: ActiveCredential | undefined): boolean {
  if (rejection.sent?.agent !== undefined) return false;
  const sent = rejection.sent?.headers["authorization"];
  const present = credential?.presentHeaders()?.["authorization"];
  return sent !== undefined && present !== undefined && sent !== present;
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
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

function failed(step: RecoveryStep, failure: CulvertError, stateChanged?: boolean): StepEnd {
  const reason = failure.details["reason"];
  return {
    step,
    outcome: isPermanent(failure) ? "recovery_failed_permanent" : "recovery_failed_transient",
    reason: typeof reason === "string" ? reason : failure.code,
    failure,
    ...(stateChanged === undefined ? {} : { stateChanged }),
  };
}
