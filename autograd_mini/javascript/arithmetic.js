// What JavaScript's Math lacks, as the engine computes it: in IEEE arithmetic, where Python raises.

const autogradArithmetic = (() => {
  const { abs, exp, log1p, max } = Math;
  const TWO_BY_ROOT_PI = 2 / Math.sqrt(Math.PI);

  const power = (x, n) => (x === 1 || n === 0 ? 1 : x ** n);
  const maximum = (a, b) => (a > b || a !== a ? a : b);
  const minimum = (a, b) => (a < b || a !== a ? a : b);
  const clip = (x, low, high) => (x < low ? low : x > high ? high : x);
  const sigmoid = (x) => (x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)));
  const softplus = (x) => (x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)));

  // a series of positive terms, so that no digit cancels
  function erf(x) {
    if (!(abs(x) < 6)) return x > 0 ? 1 : x < 0 ? -1 : x;
    let [term, sum] = [x, x];
    for (let k = 1; abs(term) > 1e-17 * abs(sum); k++) sum += term *= (2 * x * x) / (2 * k + 1);
    return TWO_BY_ROOT_PI * exp(-x * x) * sum;
  }

  // in the right tail a continued fraction, from its inside out
  function erfc(x) {
    if (!(x > 1)) return 1 - erf(x);
    if (x > 27) return 0;
    let fraction = x;
    for (let k = 200; k > 0; k--) fraction = x + k / 2 / fraction;
    return (TWO_BY_ROOT_PI / 2) * (exp(-x * x) / fraction);
  }

  // rounded once, as math.fsum: the sum as numbers that do not overlap (Shewchuk 1997)
  function fsum(...xs) {
    const parts = [];
    for (let x of xs) {
      let kept = 0;
      for (let y of parts) {
        if (abs(x) < abs(y)) [x, y] = [y, x];
        const sum = x + y;
        const rest = y - (sum - x);
        if (rest) parts[kept++] = rest;
        x = sum;
      }
      parts.length = kept;
      parts.push(x);
    }
    const total = parts.reduceRight((a, b) => a + b, 0);
    return Number.isFinite(total) ? total : xs.reduce((a, b) => a + b, 0);
  }

  function dot(...xs) {
    const n = (xs.length - 1) / 2;
    return fsum(...xs.slice(0, n).map((x, k) => x * xs[n + k]), xs[2 * n]);
  }

  function logsumexp(...xs) {
    const largest = max(...xs);
    if (!Number.isFinite(largest)) return largest;
    const rest = xs.map((x) => exp(x - largest));
    rest.splice(rest.indexOf(1), 1);
    return largest + log1p(fsum(...rest));
  }

  return {
    power, maximum, minimum, clip, sigmoid, softplus, erf, erfc, fsum, dot, logsumexp,
  };
})();
