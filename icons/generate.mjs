// Renders every app icon from source.svg: `npm run generate`. Android's adaptive icon uses the group `foreground` alone.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { Resvg } from '@resvg/resvg-js';

const source = readFileSync(new URL('source.svg', import.meta.url), 'utf8');
const group = (name) => source.match(new RegExp(`<g id="${name}">[^]*?\\n  </g>`))[0];
const head = source.slice(0, source.indexOf('<g id="background">'));
// iPadOS rounds the corners itself, so its icons are square and opaque.
const square = source.replace('rx="228" ', '');
// An adaptive icon is 108 units wide. Android's mask shows the middle 72, and every mask shows a circle of 66.
const foreground = `${head}<g transform="translate(512 512) scale(.62) translate(-512 -512)">${group('foreground')}</g></svg>`;

function draw(svg, name, width, encode = (image) => image.asPng()) {
  const file = new URL(name, import.meta.url);
  mkdirSync(dirname(file.pathname), { recursive: true });
  writeFileSync(file, encode(new Resvg(svg, { fitTo: { mode: 'width', value: width } }).render()));
  console.log(`${name}: ${width} x ${width}`);
}

// Encodes a PNG without an alpha channel, because the App Store refuses icons that have one.
function opaque({ pixels, width, height }) {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      pixels.copy(rows, y * (1 + 3 * width) + 1 + 3 * x, 4 * (y * width + x), 4 * (y * width + x) + 3);
    }
  }
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

for (const [name, width] of Object.entries({
  '32x32.png': 32,
  '128x128.png': 128,
  '128x128@2x.png': 256,
  'icon.png': 512,
})) {
  draw(source, name, width);
}
const android = '../src-tauri/gen/android/app/src/main/res';
for (const [density, factor] of Object.entries({ mdpi: 1, hdpi: 1.5, xhdpi: 2, xxhdpi: 3, xxxhdpi: 4 })) {
  draw(source, `${android}/mipmap-${density}/ic_launcher.png`, 48 * factor);
  draw(foreground, `${android}/mipmap-${density}/ic_launcher_foreground.png`, 108 * factor);
}
// Xcode reads the names and sizes from ios/Contents.json.
for (const { size, scale, filename } of JSON.parse(readFileSync(new URL('ios/Contents.json', import.meta.url), 'utf8'))
  .images) {
  draw(square, `ios/${filename}`, parseFloat(size) * parseInt(scale, 10), opaque);
}
