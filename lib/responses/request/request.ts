/**
 * Builds the body of a model turn, which is the same over HTTP and over a websocket.
 *
 * @module
 */
import type { JsonObject } from "../events/events.ts";
import type { ResponseItem } from "../events/items.ts";
import { outgoingItems } from "./outgoing_items.ts";

/** The parameters of a turn except its model and its input. */
export interface TurnParameters {
  /** Instructions that precede the input. Omitted from the body if empty. */
  readonly instructions?: string;
  /** Tools in the form of the API. Default: none, sent as `[]`. */
  readonly tools?: readonly JsonObject[];
  /** Whether the model may call several tools in one response. Default true. */
  readonly parallelToolCalls?: boolean;
  /**
   * `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`, or any other text; `ultra` is sent as `max`.
   */
  readonly reasoningEffort?: string;
  /** `auto`, `concise` or `detailed`; `none` omits it. */
  readonly reasoningSummary?: string;
  /** Length of the answer: `low`, `medium` or `high`. */
  readonly verbosity?: string;
  /** A JSON Schema that the answer must match. */
  readonly outputSchema?: JsonObject;
  /** Whether the server enforces the schema strictly. Default true. */
  readonly strictSchema?: boolean;
  /** `default` is omitted; `fast` is sent as `priority`. */
  readonly serviceTier?: string;
  /** The id of a response to continue. Its items are not needed in `input`. */
  readonly previousResponseId?: string;
  /** Whether the server stores the response, so that it can be continued later by its id. Default false. */
  readonly store?: boolean;
  /** The maximum number of tokens of the answer, reasoning included. Default: the limit of the model. */
  readonly maxOutputTokens?: number;
  /** Sampling temperature, 0 to 2. Default: the value of the model. */
  readonly temperature?: number;
  /** Default: the session's id. */
  readonly promptCacheKey?: string;
  /** Added to the `client_metadata` of culvert, whose keys cannot be replaced. */
  readonly clientMetadata?: Readonly<Record<string, string>>;
  /**
   * Extra headers of the request; they replace headers of the same name. A websocket sends them on its upgrade, and is
   * used only for requests with the same extra headers.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the model reads tools and instructions from the input. Default false. */
  readonly lite?: boolean;
}

/** The request of one turn. */
export interface TurnRequest extends TurnParameters {
  /** Name of the model. */
  readonly model: string;
  /** The conversation. An item that was sent must not be changed afterwards: give a changed copy instead. */
  readonly input: readonly ResponseItem[];
}

/** The facts that a body depends on in addition to the request. */
export interface BodyContext {
  /** Display name of the provider; `OpenAI`, exactly, changes what is sent. */
  readonly providerName: string;
  readonly sessionId: string;
  readonly clientMetadata: Readonly<Record<string, string>>;
}

/** The body of `POST responses`, with its keys in the order of the codex client (0.171.0). */
export interface RequestBody {
  readonly model: string;
  readonly instructions?: string;
  readonly input: readonly Readonly<Record<string, unknown>>[];
  readonly tools?: readonly JsonObject[];
  readonly tool_choice: "auto";
  readonly parallel_tool_calls: boolean;
  readonly reasoning: { readonly effort?: string; readonly summary?: string; readonly context?: string };
  readonly store: boolean;
  readonly stream: true;
  readonly include: readonly string[];
  readonly service_tier?: string;
  readonly max_output_tokens?: number;
  readonly temperature?: number;
  readonly prompt_cache_key: string;
  readonly text?: JsonObject;
  readonly client_metadata: Readonly<Record<string, string>>;
  readonly previous_response_id?: string;
}

/** Returns the body of a turn. */
export function requestBody(request: TurnRequest, context: BodyContext): RequestBody {
  const lite = request.lite === true;
  const input = outgoingItems(lite ? liteInput(request) : request.input, {
    openAi: context.providerName === "OpenAI",
    lite,
  });
  const tier = serviceTierParameter(request.serviceTier);
  const text = textPart(request);
  return {
    model: request.model,
    ...(request.instructions && !lite ? { instructions: request.instructions } : {}),
    input,
    ...(lite ? {} : { tools: request.tools ?? [] }),
    tool_choice: "auto",
    parallel_tool_calls: !lite && (request.parallelToolCalls ?? true),
    reasoning: reasoningPart(request),
    store: request.store ?? false,
    stream: true,
    include: ["reasoning.encrypted_content"],
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(request.maxOutputTokens === undefined ? {} : { max_output_tokens: request.maxOutputTokens }),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    prompt_cache_key: request.promptCacheKey ?? context.sessionId,
    ...(text === undefined ? {} : { text }),
    client_metadata: { ...request.clientMetadata, ...context.clientMetadata },
    ...(request.previousResponseId === undefined ? {} : { previous_response_id: request.previousResponseId }),
  };
}

/** Returns the value of `service_tier`; `undefined` if none is sent. */
export function serviceTierParameter(tier: string | undefined): string | undefined {
  if (tier === undefined || tier === "" || tier === "default") return undefined;
  return tier === "fast" ? "priority" : tier;
}

/**
 * Returns the input with tools and instructions as its first items, for models that support neither field.
 */
function liteInput(request: TurnRequest): readonly ResponseItem[] {
  const leading: ResponseItem[] = [{
    type: "additional_tools",
    role: "developer",
    tools: request.tools ?? [],
  }];
  if (request.instructions) {
    leading.push({
      type: "message",
      role: "developer",
      content: [{ type: "input_text", text: request.instructions }],
    });
  }
  return [...leading, ...request.input];
}

function reasoningPart(request: TurnRequest): RequestBody["reasoning"] {
  const { reasoningEffort: effort, reasoningSummary: summary } = request;
  return {
    ...(effort === undefined ? {} : { effort: effort === "ultra" ? "max" : effort }),
    ...(summary === undefined || summary === "none" ? {} : { summary }),
    ...(request.lite === true ? { context: "all_turns" } : {}),
  };
}

function textPart(request: TurnRequest): JsonObject | undefined {
  const { verbosity, outputSchema: schema } = request;
  if (verbosity === undefined && schema === undefined) return undefined;
  return {
    ...(verbosity === undefined ? {} : { verbosity }),
    ...(schema === undefined ? {} : {
      format: {
        type: "json_schema",
        strict: request.strictSchema ?? true,
        schema,
        name: "codex_output_schema",
      },
    }),
  };
}
