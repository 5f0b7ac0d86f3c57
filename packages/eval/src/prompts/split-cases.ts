import { sha256 } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import { clusterOf } from '../data/case.ts';

/** Where an item belongs while prompts are optimised. */
export type Portion = 'train' | 'validate' | 'test';

/** 60 / 20 / 20 by hash of the cluster, so that items of one document stay together and a grown set keeps its old portions. */
export function portionOf(item: Case, salt = ''): Portion {
  const share = Number.parseInt(sha256(`${salt}\n${clusterOf(item)}`).slice(0, 8), 16) / 0x100000000;
  return share < 0.6 ? 'train' : share < 0.8 ? 'validate' : 'test';
}

/** Items in an order in which every beginning has the kinds in about the proportions of the whole; the same for the same salt. */
export function stratifiedOrder(items: readonly Case[], salt = ''): Case[] {
  const groups = Object.values(Object.groupBy(items, ({ kind }) => kind)).map((group = []) =>
    group
      .map((item) => ({ item, key: sha256(`${salt}\n${item.id}`) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ item }, index) => ({ item, at: (index + 0.5) / group.length })),
  );
  return groups
    .flat()
    .sort((a, b) => a.at - b.at || (a.item.id < b.item.id ? -1 : 1))
    .map(({ item }) => item);
}
