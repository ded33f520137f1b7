// The only module that calls Rust.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Action, View } from './bindings/bridge';

/** Calls `onView` with the current view, once now and again after each change, until the page is closed. */
export async function subscribe(onView: (view: View) => void): Promise<void> {
  // `view-changed` carries no data, so each event starts a request. If a later request has started by the time an
  // answer arrives, then this function drops the answer, because answers can overtake each other.
  let latest = 0;
  const request = async () => {
    const current = ++latest;
    const view = await invoke<View>('get_view');
    if (current === latest) onView(view);
  };
  await listen('view-changed', request);
  await request();
}

/** Sends what the user did to the state machine. The result arrives as the next view. */
export function dispatch(action: Action): void {
  void invoke('dispatch', { action });
}
