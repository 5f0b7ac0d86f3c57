import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointTuple,
} from '@langchain/langgraph-checkpoint';

/**
 * Checkpoints are held until it is known how their run came out: dropped when it came to its end, written when it stopped on the way. A run
 * that was killed has none and goes on from the journal, which has every step. A class because LangGraph asks for one.
 */
export class DeferredCheckpoints extends BaseCheckpointSaver {
  readonly #saver: () => Promise<BaseCheckpointSaver>;
  /** What is to be written, by thread. */
  readonly #held = new Map<string, (() => Promise<unknown>)[]>();
  /** Threads that the saver knows nothing of. */
  readonly #begun = new Set<string>();

  /** `saver` is asked for when there is something to write or to read. */
  constructor(saver: () => Promise<BaseCheckpointSaver>) {
    super();
    this.#saver = saver;
  }

  /** A thread that begins now. */
  begin(threadId: string): void {
    this.#begun.add(threadId);
  }

  /** Writes what is held of a thread. */
  async keep(threadId: string): Promise<void> {
    const held = this.#held.get(threadId) ?? [];
    this.#held.delete(threadId);
    this.#begun.delete(threadId);
    for (const write of held) await write();
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const threadId = threadOf(config);
    if (this.#begun.has(threadId) && !this.#held.has(threadId)) return undefined;
    await this.keep(threadId);
    return (await this.#saver()).getTuple(config);
  }

  override async *list(config: RunnableConfig, options?: CheckpointListOptions): AsyncGenerator<CheckpointTuple> {
    for (const threadId of [...this.#held.keys()]) await this.keep(threadId);
    yield* (await this.#saver()).list(config, options);
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    this.#hold(config, async () => (await this.#saver()).put(config, checkpoint, metadata, newVersions));
    const { thread_id, checkpoint_ns = '' } = config.configurable ?? {};
    return { configurable: { thread_id, checkpoint_ns, checkpoint_id: checkpoint.id } };
  }

  override async putWrites(...args: Parameters<BaseCheckpointSaver['putWrites']>): Promise<void> {
    this.#hold(args[0], async () => (await this.#saver()).putWrites(...args));
  }

  override async deleteThread(threadId: string): Promise<void> {
    this.#held.delete(threadId);
    if (!this.#begun.delete(threadId)) await (await this.#saver()).deleteThread(threadId);
  }

  #hold(config: RunnableConfig, write: () => Promise<unknown>): void {
    const threadId = threadOf(config);
    const held = this.#held.get(threadId);
    if (held === undefined) this.#held.set(threadId, [write]);
    else held.push(write);
  }
}

function threadOf(config: RunnableConfig): string {
  return String(config.configurable?.thread_id);
}
