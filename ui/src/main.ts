// Renders the current view into the page and sends what the user does back to Rust.
import { dispatch, subscribe } from './bridge';
import { createRenderer } from './render';

const root = document.getElementById('app');
if (root) void subscribe(createRenderer(root, dispatch));
