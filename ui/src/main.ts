// Shows what the app says, one screen at a time.
import { act, follow } from './bridge';
import { shower } from './show';

const root = document.getElementById('app');
if (root) void follow(shower(root, act));
