/** Mean of vectors of one length, element by element. */
export function meanOf(vectors: readonly Float32Array[], length: number): Float64Array {
  const mean = new Float64Array(length);
  for (const vector of vectors) for (let j = 0; j < length; j += 1) mean[j]! += vector[j]!;
  return mean.map((sum) => sum / vectors.length);
}

/** Sample covariance of vectors about a mean, [length][length], row by row. */
export function covariance(vectors: readonly Float32Array[], mean: Float64Array): Float32Array {
  const length = mean.length;
  const sums = new Float64Array(length * length);
  const centred = new Float64Array(length);
  for (const vector of vectors) {
    for (let j = 0; j < length; j += 1) centred[j] = vector[j]! - mean[j]!;
    for (let i = 0; i < length; i += 1) for (let j = i; j < length; j += 1) sums[i * length + j]! += centred[i]! * centred[j]!;
  }
  const scale = 1 / Math.max(1, vectors.length - 1);
  for (let i = 0; i < length; i += 1) {
    for (let j = i; j < length; j += 1) {
      const value = sums[i * length + j]! * scale;
      sums[i * length + j] = value;
      sums[j * length + i] = value;
    }
  }
  return Float32Array.from(sums);
}

/** u' S u of a symmetric matrix, row by row. */
export function quadraticForm(matrix: Float32Array, u: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < u.length; i += 1) {
    let row = 0;
    for (let j = 0; j < u.length; j += 1) row += matrix[i * u.length + j]! * u[j]!;
    sum += u[i]! * row;
  }
  return sum;
}
