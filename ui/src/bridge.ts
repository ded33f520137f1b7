// The only place that talks to Rust.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Action, Shown } from './bindings/bridge';

/** Calls `show` with what is to be shown, now and at each change. */
export async function follow(show: (shown: Shown) => void): Promise<void> {
  // First listen, then ask: nothing falls in between.
  await listen<Shown>('shown', (event) => show(event.payload));
  show(await invoke<Shown>('shown'));
}

/** Tells the app what the person did. */
export function act(action: Action): void {
  void invoke('act', { action });
}
