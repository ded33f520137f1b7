import './style.css';
import { act, watch } from './bridge';
import { pages } from './pages';

const root = document.getElementById('app');
if (root) {
  const show = pages(root, (action) => void act(action));
  void watch(show);
}
