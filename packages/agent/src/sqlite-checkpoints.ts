import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  compareWritesSortKeys,
  copyCheckpoint,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  TASKS,
  WRITES_IDX_MAP,
  writesSortKey,
} from '@langchain/langgraph-checkpoint';
import type { SqliteStore } from './store.ts';

/** Values that SQLite gives back. */
type Row = Record<string, unknown>;

/** LangGraph checkpoints in the agent's SQLite file. A class because LangGraph asks for one. */
export class SqliteCheckpoints extends BaseCheckpointSaver {
  readonly #store: SqliteStore;

  constructor(store: SqliteStore) {
    super();
    this.#store = store;
  }

  override async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    if (config.configurable?.thread_id === undefined) return undefined;
    const { threadId, namespace } = place(config);
    const id = getCheckpointId(config);
    const columns = 'SELECT * FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ?';
    const row =
      id === ''
        ? this.#store.prepare(`${columns} ORDER BY checkpoint_id DESC LIMIT 1`).get(threadId, namespace)
        : this.#store.prepare(`${columns} AND checkpoint_id = ?`).get(threadId, namespace, id);
    return row === undefined ? undefined : this.#tuple(row);
  }

  override async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { before, limit, filter } = options;
    const where: string[] = [];
    const values: string[] = [];
    const add = (condition: string, value: unknown) => {
      if (value === undefined) return;
      where.push(condition);
      values.push(String(value));
    };
    add('thread_id = ?', config.configurable?.thread_id);
    add('checkpoint_ns = ?', config.configurable?.checkpoint_ns);
    add('checkpoint_id = ?', config.configurable?.checkpoint_id);
    add('checkpoint_id < ?', before?.configurable?.checkpoint_id);
    const condition = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`;
    const rows = this.#store
      .prepare(`SELECT * FROM checkpoints${condition} ORDER BY checkpoint_id DESC`)
      .all(...values);
    let left = limit ?? Number.POSITIVE_INFINITY;
    for (const row of rows) {
      if (left <= 0) return;
      if (filter !== undefined) {
        const metadata: Row = await this.#load(row.metadata_type, row.metadata);
        if (!Object.entries(filter).every(([key, value]) => metadata[key] === value)) continue;
      }
      left -= 1;
      yield await this.#tuple(row);
    }
  }

  override async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { threadId, namespace } = place(config);
    const { channel_values: values, ...rest } = copyCheckpoint(checkpoint);
    const [type, body] = await this.serde.dumpsTyped({ ...rest, channel_values: {} });
    const [metadataType, metadataBody] = await this.serde.dumpsTyped(metadata);
    const changed = await Promise.all(
      Object.entries(newVersions)
        .filter(([channel]) => values[channel] !== undefined)
        .map(async ([channel, version]) => ({
          channel,
          version,
          dumped: await this.serde.dumpsTyped(values[channel]),
        })),
    );
    this.#store.transaction(() => {
      // A value is written once for each version, not once for each checkpoint.
      for (const { channel, version, dumped } of changed) {
        this.#store
          .prepare('INSERT OR IGNORE INTO checkpoint_values VALUES (?, ?, ?, ?, ?, ?)')
          .run(threadId, namespace, channel, String(version), ...dumped);
      }
      this.#store
        .prepare('INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(threadId, namespace, checkpoint.id, parentOf(config), type, body, metadataType, metadataBody);
    });
    return { configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: checkpoint.id } };
  }

  override async putWrites(
    config: RunnableConfig,
    writes: PendingWrite[],
    taskId: string,
    taskPath = '',
  ): Promise<void> {
    const { threadId, namespace } = place(config);
    const id = getCheckpointId(config);
    if (id === '') throw new Error('putWrites needs configurable.checkpoint_id');
    const dumped = await Promise.all(writes.map(([, value]) => this.serde.dumpsTyped(value)));
    this.#store.transaction(() => {
      for (const [position, [channel]] of writes.entries()) {
        const [type, value] = dumped[position] ?? ['json', new Uint8Array()];
        const special = WRITES_IDX_MAP[channel];
        // A task's ordinary writes are final; its special ones (interrupts, errors) may be said again.
        const verb = special === undefined ? 'INSERT OR IGNORE' : 'INSERT OR REPLACE';
        this.#store
          .prepare(`${verb} INTO checkpoint_writes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
          .run(threadId, namespace, id, taskId, special ?? position, taskPath, channel, type, value);
      }
    });
  }

  override async deleteThread(threadId: string): Promise<void> {
    this.#store.transaction(() => {
      this.#store.prepare('DELETE FROM checkpoints WHERE thread_id = ?').run(threadId);
      this.#store.prepare('DELETE FROM checkpoint_values WHERE thread_id = ?').run(threadId);
      this.#store.prepare('DELETE FROM checkpoint_writes WHERE thread_id = ?').run(threadId);
    });
  }

  async #tuple(row: Row): Promise<CheckpointTuple> {
    const [threadId, namespace, id] = [String(row.thread_id), String(row.checkpoint_ns), String(row.checkpoint_id)];
    const checkpoint: Checkpoint = await this.#load(row.type, row.checkpoint);
    checkpoint.channel_values = await this.#values(threadId, namespace, checkpoint.channel_versions);
    const parent = row.parent_id === null ? undefined : String(row.parent_id);
    if (checkpoint.v < 4 && parent !== undefined)
      await this.#migratePendingSends(checkpoint, threadId, namespace, parent);
    const configOf = (checkpointId: string) => ({
      configurable: { thread_id: threadId, checkpoint_ns: namespace, checkpoint_id: checkpointId },
    });
    return {
      config: configOf(id),
      checkpoint,
      metadata: await this.#load<CheckpointMetadata>(row.metadata_type, row.metadata),
      pendingWrites: await this.#writes(threadId, namespace, id),
      ...(parent === undefined ? {} : { parentConfig: configOf(parent) }),
    };
  }

  async #values(threadId: string, namespace: string, versions: ChannelVersions): Promise<Row> {
    const values: Row = {};
    for (const [channel, version] of Object.entries(versions)) {
      const row = this.#store
        .prepare(
          'SELECT type, value FROM checkpoint_values WHERE thread_id = ? AND checkpoint_ns = ? AND channel = ? AND version = ?',
        )
        .get(threadId, namespace, channel, String(version));
      if (row !== undefined) values[channel] = await this.#load(row.type, row.value);
    }
    return values;
  }

  /** Sorted as live execution applies them. */
  async #writes(threadId: string, namespace: string, id: string): Promise<CheckpointPendingWrite[]> {
    const rows = this.#store
      .prepare('SELECT * FROM checkpoint_writes WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?')
      .all(threadId, namespace, id);
    const sorted = rows
      .map((row) => ({ row, key: writesSortKey(String(row.task_path), String(row.task_id), Number(row.idx)) }))
      .sort((a, b) => compareWritesSortKeys(a.key, b.key));
    return Promise.all(
      sorted.map(
        async ({ row }): Promise<CheckpointPendingWrite> => [
          String(row.task_id),
          String(row.channel),
          await this.#load(row.type, row.value),
        ],
      ),
    );
  }

  /** Before format 4, sends were kept as writes of the parent. */
  async #migratePendingSends(
    checkpoint: Checkpoint,
    threadId: string,
    namespace: string,
    parent: string,
  ): Promise<void> {
    const writes = await this.#writes(threadId, namespace, parent);
    const sends = writes.filter(([, channel]) => channel === TASKS).map(([, , value]) => value);
    checkpoint.channel_values ??= {};
    checkpoint.channel_values[TASKS] = sends;
    checkpoint.channel_versions ??= {};
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_versions[TASKS] =
      versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }

  // The serializer gives back what was put in; its type is the caller's knowledge.
  #load<T>(type: unknown, value: unknown): Promise<T> {
    return this.serde.loadsTyped(String(type), value instanceof Uint8Array ? value : String(value));
  }
}

function place(config: RunnableConfig): { threadId: string; namespace: string } {
  const threadId: unknown = config.configurable?.thread_id;
  if (typeof threadId !== 'string' || threadId === '') throw new Error('checkpoints need configurable.thread_id');
  const namespace: unknown = config.configurable?.checkpoint_ns ?? '';
  return { threadId, namespace: String(namespace) };
}

function parentOf(config: RunnableConfig): string | null {
  const parent: unknown = config.configurable?.checkpoint_id;
  return typeof parent === 'string' && parent !== '' ? parent : null;
}
