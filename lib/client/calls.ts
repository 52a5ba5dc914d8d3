/**
 * The calls of a client other than turns. The module of an endpoint is loaded at its first call.
 *
 * @module
 */
import type { CataloguedModels, ModelCatalogue, ModelsOptions } from "../api/catalogue/model_catalogue.ts";
import type { UploadedFile, UploadOptions } from "../api/files/upload_file.ts";
import type { ImageReply, ImageRequest } from "../api/images.ts";
import type { MemoriesRequest, Memory } from "../api/memories.ts";
import type { SearchReply, SearchRequest } from "../api/search.ts";
import type { ListTasksOptions, TaskPage } from "../api/tasks.ts";
import type { PlanUsage } from "../api/usage.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Connection } from "../connect/connect.ts";
import { CulvertError } from "../errors.ts";
import type { ResponseItem } from "../responses/events/items.ts";
import type { TurnRequest } from "../responses/request/request.ts";
import type { Session } from "../responses/turn/session.ts";
import type { CallOptions, ClientCalls, CompactOptions, WithoutModel } from "./client_types.ts";
import { checkModelsOptions } from "./check_options.ts";
import { errorForProgram } from "./error_for_program.ts";

/** Implements the calls over one connection. */
export abstract class Calls implements ClientCalls {
  readonly #connection: Connection<Authenticator>;
  #catalogue: ModelCatalogue | undefined;

  /** Makes no request. */
  constructor(connection: Connection<Authenticator>) {
    this.#connection = connection;
  }

  /** @throws CulvertError `usage` if the client is closed */
  protected abstract mustBeOpen(): void;

  /** As {@link ClientCalls.models}. */
  models(options: ModelsOptions = {}): Promise<CataloguedModels> {
    return this.#call(async () => {
      checkModelsOptions(options);
      const { ModelCatalogue } = await import("../api/catalogue/model_catalogue.ts");
      this.#catalogue ??= new ModelCatalogue(this.#connection);
      return await this.#catalogue.list(options);
    });
  }

  /** As {@link ClientCalls.usage}. */
  usage(options?: CallOptions): Promise<PlanUsage> {
    return this.#call(async () => (await import("../api/usage.ts")).getUsage(this.#connection, options));
  }

  /** As {@link ClientCalls.tasks}. */
  tasks(options?: ListTasksOptions): Promise<TaskPage> {
    return this.#call(async () => (await import("../api/tasks.ts")).listTasks(this.#connection, options));
  }

  /** As {@link ClientCalls.uploadFile}. */
  uploadFile(path: string, options?: UploadOptions): Promise<UploadedFile> {
    return this.#call(async () => {
      const { uploadFile } = await import("../api/files/upload_file.ts");
      return await uploadFile(this.#connection, path, options);
    });
  }

  /** As {@link ClientCalls.images}. */
  images(request: ImageRequest, options?: CallOptions): Promise<ImageReply> {
    return this.#call(async () =>
      (await import("../api/images.ts")).makeImages(this.#connection, request, options)
    );
  }

  /** As {@link ClientCalls.search}. */
  search(request: WithoutModel<SearchRequest>, options?: CallOptions): Promise<SearchReply> {
    return this.#call(async () =>
      (await import("../api/search.ts")).searchWeb(this.#connection, this.#withModel(request), options)
    );
  }

  /** As {@link ClientCalls.summarizeTraces}. */
  summarizeTraces(
    request: WithoutModel<MemoriesRequest>,
    options?: CallOptions,
  ): Promise<readonly Memory[]> {
    return this.#call(async () => {
      const { summarizeTraces } = await import("../api/memories.ts");
      return await summarizeTraces(this.#connection, this.#withModel(request), options);
    });
  }

  /** Compacts a conversation of a session. */
  protected compact(
    session: Session,
    request: TurnRequest,
    { within, ...options }: CompactOptions = {},
  ): Promise<readonly ResponseItem[]> {
    return this.#call(async () => {
      const { compactConversation } = await import("../api/compact.ts");
      return await compactConversation(this.#connection, request, session.compaction(within), options);
    });
  }

  #withModel<T extends { readonly model?: string }>(request: T): T & { readonly model: string } {
    return { ...request, model: request.model ?? this.#connection.settings.model };
  }

  async #call<T>(work: () => Promise<T>): Promise<T> {
    this.mustBeOpen();
    try {
      return await work();
    } catch (thrown) {
      throw thrown instanceof CulvertError ? errorForProgram(thrown) : thrown;
    }
  }
}
