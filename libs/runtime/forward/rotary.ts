/**
 * Tables of rotary position embedding (Su et al. 2021), half-rotated layout: cos and sin of
 * position * theta^(-2j / headSize), each [contextTokens][headSize / 2].
 */
export function rotaryTables(contextTokens: number, headSize: number, theta: number): { cosine: Float32Array; sine: Float32Array } {
  const half = headSize / 2;
  const cosine = new Float32Array(contextTokens * half);
  const sine = new Float32Array(contextTokens * half);
  for (let position = 0; position < contextTokens; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position * theta ** ((-2 * pair) / headSize);
      cosine[position * half + pair] = Math.cos(angle);
      sine[position * half + pair] = Math.sin(angle);
    }
  }
  return { cosine, sine };
}
