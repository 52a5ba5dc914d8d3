/**
 * Checks the values that a program passes: one in JavaScript can pass any, and a wrong one must neither select another
 * server or credential nor fail later with an error that names no option.
 *
 * @module
 */
import type { ModelsOptions } from "../api/catalogue/model_catalogue.ts";
import { CulvertError } from "../errors.ts";
import type { TurnOptions } from "../responses/turn/turn.ts";
import { isObject } from "../text/json.ts";
import type { ClientOptions, ClientRequest } from "./client_types.ts";

/** The values of one option. */
interface Rule {
  /** Completes "The option … is not". */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

type Rules<T> = Readonly<Partial<Record<keyof T, Rule>>>;

const isText = (value: unknown) => typeof value === "string";
const isFunction = (value: unknown) => typeof value === "function";
const TEXT: Rule = { expected: "a string", accepts: isText };
const NAME: Rule = { expected: "a non-empty string", accepts: (value) => isText(value) && value !== "" };
const SWITCH: Rule = { expected: "a boolean", accepts: (value) => typeof value === "boolean" };
const FUNCTION: Rule = { expected: "a function", accepts: isFunction };
const SIGNAL: Rule = { expected: "an AbortSignal", accepts: (value) => value instanceof AbortSignal };
const DURATION: Rule = {
  expected: "a number of milliseconds above 0",
  accepts: (value) => typeof value === "number" && value > 0,
};

function oneOf(...values: readonly string[]): Rule {
  return {
    expected: `one of ${values.map((value) => `"${value}"`).join(", ")}`,
    accepts: (value) => isText(value) && values.some((known) => known === value),
  };
}

const CLIENT: Readonly<Record<keyof ClientOptions, Rule>> = {
  apiKey: { expected: "a string or a function", accepts: (value) => isText(value) || isFunction(value) },
  externalAuth: {
    expected: "an object with a function resolve",
    accepts: (value) => isObject(value) && isFunction(value.resolve),
  },
  apiKeyFile: NAME,
  provider: NAME,
  baseUrl: NAME,
  profile: TEXT,
  model: TEXT,
  reasoningEffort: TEXT,
  transport: oneOf("auto", "sse", "websocket"),
  caCertFile: TEXT,
  caCertPem: TEXT,
  clientCertFile: TEXT,
  clientKeyFile: TEXT,
  proxy: TEXT,
  serverTimings: SWITCH,
  maxRetryAfterMs: {
    expected: "a number of milliseconds",
    accepts: (value) => typeof value === "number" && value >= 0,
  },
  attestation: FUNCTION,
  telemetry: SWITCH,
  inferenceTraces: {
    expected: "a string or a boolean",
    accepts: (value) => isText(value) || typeof value === "boolean",
  },
  onObservation: FUNCTION,
  onWarning: FUNCTION,
};

const TURN: Rules<TurnOptions> = {
  signal: SIGNAL,
  restartAfterText: SWITCH,
  timeoutMs: DURATION,
  toolFunctions: {
    expected: "an object of functions",
    accepts: (value) => isObject(value) && Object.values(value).every(isFunction),
  },
  maxResponses: {
    expected: "a whole number above 0",
    accepts: (value) => Number.isInteger(value) && Number(value) > 0,
  },
};

const MODELS: Rules<ModelsOptions> = {
  refresh: oneOf("if_stale", "always", "never"),
  signal: SIGNAL,
  timeoutMs: DURATION,
};

/** @throws CulvertError `usage` for a value of another type than {@link ClientOptions} declares */
export function checkClientOptions(options: ClientOptions): void {
  check("client", options, CLIENT);
}

/** @throws CulvertError `usage` for a value of another type than {@link TurnOptions} declares */
export function checkTurnOptions(options: TurnOptions): void {
  check("turn", options, TURN);
}

/** @throws CulvertError `usage` for a value of another type than {@link ModelsOptions} declares */
export function checkModelsOptions(options: ModelsOptions): void {
  check("model list", options, MODELS);
}

/** @throws CulvertError `usage` for a request without input */
export function checkRequest(request: ClientRequest): void {
  const { input, model } = isObject(request) ? request : {};
  const isInput = isText(input) || (Array.isArray(input) && input.every(isObject));
  if (isInput && (model === undefined || isText(model))) return;
  throw new CulvertError(
    "usage",
    isInput
      ? "The model of the request is not a string"
      : "The request has no input: a string, or an array of items",
  );
}

function check(owner: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  if (!isObject(options)) throw new CulvertError("usage", `The options of the ${owner} are not an object`);
  for (const [name, { accepts, expected }] of Object.entries(rules)) {
    const value = options[name];
    if (value === undefined || accepts(value)) continue;
    // The value is not repeated: it may be a secret.
    throw new CulvertError("usage", `The option ${name} of the ${owner} is not ${expected}`, {
      hint: "Omit the option to use its default.",
    });
  }
}
