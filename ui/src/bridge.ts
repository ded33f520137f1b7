// The only place that talks to Rust.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Action, Shown } from './bindings/bridge';

/** Calls `show` with what is to be shown, now and at each change. */
export async function follow(show: (shown: Shown) => void): Promise<void> {
  // The event says only that something changed. Answers may overtake each other, so only the newest question counts.
  let newest = 0;
  const ask = async () => {
    const mine = ++newest;
    const shown = await invoke<Shown>('shown');
    if (mine === newest) show(shown);
  };
  await listen('changed', ask);
  await ask();
}

/** Tells the app what the person did. */
export function act(action: Action): void {
  void invoke('act', { action });
}
