// Draws every icon from icons/source.svg. Its groups `background` and `foreground` can be drawn apart.
import { readFileSync, writeFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';

const folder = new URL('../../icons/', import.meta.url);
const source = readFileSync(new URL('source.svg', folder), 'utf8');
const sizes = { '32x32.png': 32, '128x128.png': 128, '128x128@2x.png': 256, 'icon.png': 512 };

for (const [name, width] of Object.entries(sizes)) {
  const png = new Resvg(source, { fitTo: { mode: 'width', value: width } }).render().asPng();
  writeFileSync(new URL(name, folder), png);
  console.log(`${name}: ${width} x ${width}`);
}
