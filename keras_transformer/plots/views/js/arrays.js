// Arithmetic of the views, without a document: tested on its own.

// Numbers from 0 to 1 that Python packed into 16 bits each, low byte first.
export function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return Array.from(
    { length: bytes.length / 2 },
    (_, i) => (bytes[2 * i] + 256 * bytes[2 * i + 1]) / 65535,
  );
}

// Weights [t][s] of one layer and head; of all where one is null, as their mean.
export function matrix({ shape, weights }, layer = null, head = null) {
  const [layers, heads, rows, columns] = shape;
  const numbers = unpack(weights);
  const sum = Array.from({ length: rows }, () => new Array(columns).fill(0));
  let count = 0;
  for (let l = 0; l < layers; l += 1)
    for (let h = 0; h < heads; h += 1) {
      if ((layer !== null && l !== layer) || (head !== null && h !== head)) continue;
      count += 1;
      const first = (l * heads + h) * rows * columns;
      for (let t = 0; t < rows; t += 1)
        for (let s = 0; s < columns; s += 1) sum[t][s] += numbers[first + t * columns + s];
    }
  return sum.map((row) => row.map((weight) => weight / count));
}

// Places of `after` that belong to no longest common subsequence with `before`.
export function changed(before, after) {
  const longest = Array.from({ length: before.length + 1 }, () =>
    new Array(after.length + 1).fill(0),
  );
  for (let i = before.length - 1; i >= 0; i -= 1)
    for (let j = after.length - 1; j >= 0; j -= 1)
      longest[i][j] =
        before[i] === after[j]
          ? longest[i + 1][j + 1] + 1
          : Math.max(longest[i + 1][j], longest[i][j + 1]);
  const places = [];
  for (let i = 0, j = 0; j < after.length;) {
    if (i < before.length && before[i] === after[j]) [i, j] = [i + 1, j + 1];
    else if (i < before.length && longest[i + 1][j] >= longest[i][j + 1]) i += 1;
    else places.push(j++);
  }
  return places;
}

// The words of a text and what stands between them; of Chinese and Japanese the signs.
export const pieces = (text) =>
  text.match(
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}\p{N}'’-]+|\s+|./gu,
  ) ?? [];

export function softmax(scores, temperature = 1) {
  const highest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp((score - highest) / temperature));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// How many keys an even distribution of this entropy would have.
export const spread = (weights) =>
  Math.exp(-weights.reduce((sum, w) => sum + (w > 0 ? w * Math.log(w) : 0), 0));

// What temperature, top-k, top-p and min-p leave of probabilities, in this order; each
// filter reads what the one before has left. What is cut is 0, the rest sums to 1.
export function cut(probabilities, { temperature = 1, topK = null, topP = 1, minP = 0 } = {}) {
  let left = softmax(probabilities.map(Math.log), temperature);
  const keep = (least) => {
    left = left.map((p) => (p >= least * (1 - 1e-9) ? p : 0));
    const total = left.reduce((sum, p) => sum + p, 0);
    left = left.map((p) => p / total);
  };
  const falling = () => [...left].sort((a, b) => b - a);
  if (topK !== null && topK < left.length) keep(falling()[topK - 1]);
  if (topP < 1) {
    let sum = 0;
    keep(falling().find((p) => (sum += p) >= topP - 1e-9));
  }
  if (minP > 0) keep(minP * Math.max(...left));
  return left;
}

// A pair of numbers, turned by an angle.
export const turned = ([x, y], angle) => [
  x * Math.cos(angle) - y * Math.sin(angle),
  x * Math.sin(angle) + y * Math.cos(angle),
];
export const dot = ([a, b], [c, d]) => a * c + b * d;
