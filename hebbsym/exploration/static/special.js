/* The special functions that the closed forms need, in doubles.

   erfc, erfcinv, Lambert's W and the gamma function are right to a relative error of 1e-12,
   tails included; tests compare them with 30-digit values. */
const special = (() => {
  "use strict";

  // ---- error function ---------------------------------------------------------------------

  // erfc(x) e^(x^2) is an integral over the real line, which the trapezoidal rule of step h
  // gives up to exp(-(pi/h)^2); the pole of the integrand at ix adds 2/(1 - exp(2 pi x/h)) while
  // it lies inside the strip, x < pi/h, and is below the rounding error from x = 6 on.
  const STEP = 0.5;
  const NODES = Array.from({ length: 13 }, (_, k) => [
    (k + 1) * (k + 1) * STEP * STEP,
    Math.exp(-(k + 1) * (k + 1) * STEP * STEP),
  ]);

  function erfSeries(x) {
    let term = x, sum = x;
    for (let n = 1; n < 60; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
      if (term < 1e-18 * sum && term > -1e-18 * sum) break;
      if (term === 0) break;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }

  function erf(x) {
    if (Math.abs(x) < 1) return erfSeries(x);
    return x > 0 ? 1 - erfc(x) : erfc(-x) - 1;
  }

  // e^(-x^2): the square is split, since its rounding error would enter as it stands.
  function gaussian(x) {
    const high = Math.round(x * 1024) / 1024, low = x - high;
    return Math.exp(-high * high) * Math.exp(-low * (high + x));
  }

  function erfc(x) {
    if (x !== x) return NaN;
    if (Math.abs(x) < 1) return 1 - erfSeries(x);
    if (x < 0) return 2 - erfc(-x);
    if (x > 28) return 0;
    let sum = 0.5 / (x * x);
    for (const [square, weight] of NODES) sum += weight / (square + x * x);
    const scaled = (2 * STEP * x / Math.PI) * sum;
    const pole = x < 6 ? 2 / (1 - Math.exp((2 * Math.PI * x) / STEP)) : 0;
    return gaussian(x) * scaled + pole;
  }

  function erfinv(y) {
    if (!(y > -1 && y < 1)) return Math.abs(y) === 1 ? y * Infinity : NaN;
    if (Math.abs(y) > 0.75) return y > 0 ? erfcinv(1 - y) : -erfcinv(1 + y);
    let x = (y * Math.sqrt(Math.PI)) / 2;
    for (let n = 0; n < 60; n++) {
      const ratio = ((erf(x) - y) * Math.sqrt(Math.PI) / 2) * Math.exp(x * x);
      const step = ratio / (1 + x * ratio);
      x -= step;
      if (Math.abs(step) <= 1e-16 * Math.abs(x)) break;
    }
    return x;
  }

  function erfcinv(y) {
    if (!(y > 0 && y < 2)) return y === 0 ? Infinity : y === 2 ? -Infinity : NaN;
    if (y > 0.25) return erfinv(1 - y);
    let x = Math.sqrt(-Math.log(y * Math.sqrt(Math.PI)));
    for (let n = 0; n < 60; n++) {
      const ratio = ((erfc(x) - y) * Math.sqrt(Math.PI) / 2) / gaussian(x);
      const step = ratio / (1 - x * ratio);
      x += step;
      if (Math.abs(step) <= 4e-16 * Math.abs(x)) break;
    }
    return x;
  }

  // ---- Lambert's W ------------------------------------------------------------------------

  const BRANCH = [0.36787944117144233, -1.2428753672788363e-17]; // 1/e as a sum of two doubles
  const SERIES = [-1, 1, -1 / 3, 11 / 72, -43 / 540, 769 / 17280, -221 / 8505, 680863 / 43545600];

  function lambertw(x, branch = 0) {
    const above = x + BRANCH[0] + BRANCH[1];
    if (!(above >= 0) || (branch !== 0 && (branch !== -1 || x >= 0))) {
      return branch === -1 && x === 0 ? -Infinity : NaN;
    }
    if (x === Infinity) return x;
    if (x === 0) return 0;
    const p = (branch === 0 ? 1 : -1) * Math.sqrt(2 * Math.E * above);
    let w = SERIES.reduceRight((sum, c) => sum * p + c, 0);
    if (Math.abs(p) < 0.01) return w;
    if (branch === 0 && x > 1) w = x > 3 ? Math.log(x) - Math.log(Math.log(x)) : 0.6;
    else if (branch === 0 && Math.abs(x) < 0.2) w = x * (1 - x);
    else if (branch === -1 && p < -1) w = Math.log(-x) - Math.log(-Math.log(-x));
    for (let n = 0; n < 60; n++) {
      const rest = w - x * Math.exp(-w); // zero where w e^w = x
      const step = rest / (w + 1 - ((w + 2) * rest) / (2 * w + 2));
      w -= step;
      if (Math.abs(step) <= 4e-16 * Math.abs(w)) break;
    }
    return w;
  }

  // ---- gamma function, binomial coefficients ----------------------------------------------

  const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

  function lgamma(x) {
    if (x <= 0) {
      if (Number.isInteger(x)) return Infinity;
      return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - lgamma(1 - x);
    }
    let shift = 1;
    while (x < 12) shift *= x++;
    let sum = 0;
    for (let k = STIRLING.length - 1; k >= 0; k--) sum = sum / (x * x) + STIRLING[k];
    return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + sum / x - Math.log(shift);
  }

  const FACTORIALS = [1];
  function gamma(x) {
    if (Number.isInteger(x) && x > 0 && x < 172) {
      while (FACTORIALS.length < x) FACTORIALS.push(FACTORIALS[FACTORIALS.length - 1] * FACTORIALS.length);
      return FACTORIALS[x - 1];
    }
    if (x <= 0) return Number.isInteger(x) ? NaN : Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
    return Math.exp(lgamma(x));
  }

  const LOGS = [];
  function logFactorial(n) {
    if (!Number.isInteger(n) || n < 0 || n > 65536) return lgamma(n + 1);
    while (LOGS.length <= n) LOGS.push(LOGS.length < 171 ? Math.log(gamma(LOGS.length + 1)) : lgamma(LOGS.length + 1));
    return LOGS[n];
  }

  function binomial(n, k) {
    if (Number.isInteger(k) && k < 0) return 0;
    if (Number.isInteger(n) && Number.isInteger(k) && n >= 0) {
      if (k > n) return 0;
      const few = Math.min(k, n - k);
      if (few <= 40) {
        let product = 1;
        for (let m = 1; m <= few; m++) product = (product * (n - few + m)) / m;
        return product;
      }
    }
    return Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k));
  }

  // binomial(n, k) * b1^e1 * b2^e2 ... through logarithms; bases are probabilities, 0^0 = 1.
  function weight(n, k, ...powers) {
    if (k < 0 || k > n) return 0;
    let sum = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
    for (let m = 0; m < powers.length; m += 2) {
      if (powers[m + 1] !== 0) sum += powers[m + 1] * Math.log(powers[m]);
    }
    return Math.exp(sum);
  }

  // (1 + u)^n - 1
  function powerLessOne(u, n) {
    return u > -1 ? Math.expm1(n * Math.log1p(u)) : Math.pow(1 + u, n) - 1;
  }

  // 0 where a sum over first..last can be done, else NaN.
  function countable(first, last, most) {
    return Number.isInteger(first) && Number.isInteger(last) && last - first < most ? 0 : NaN;
  }

  // ---- roots ------------------------------------------------------------------------------

  // The first solution of f = 0 above `start`: by the first change of sign on a grid whose
  // distances from the start double. `whole`: f exists at integers only, and the last integer
  // before it rises through 0 is meant.
  function root(f, start, whole, most) {
    let a = start, fa = f(a);
    if (fa === 0) return a;
    for (let n = whole ? 0 : -30; ; n++) {
      const b = start + Math.pow(2, n);
      if (b > most) return NaN;
      const fb = f(b);
      if (fb === 0) return b;
      if (Number.isFinite(fb)) {
        const changes = Number.isFinite(fa) && fa > 0 !== fb > 0;
        if (changes && !(whole && fb < 0)) return whole ? lastInteger(f, a, b) : refined(f, a, b, fa, fb);
        a = b;
        fa = fb;
      }
    }
  }

  function lastInteger(f, a, b) {
    while (b - a > 1) {
      const middle = Math.floor((a + b) / 2);
      if (f(middle) > 0) b = middle;
      else a = middle;
    }
    return a;
  }

  function refined(f, a, b, fa, fb) {
    const height = Math.max(Math.abs(fa), Math.abs(fb));
    for (let n = 0; n < 200 && b - a > 2e-16 * Math.abs(a + b); n++) {
      const middle = (a + b) / 2;
      const fm = f(middle);
      if (fm === 0) return middle;
      if (fm > 0 === fa > 0) { a = middle; fa = fm; } else { b = middle; fb = fm; }
    }
    const found = (a + b) / 2; // a pole changes the sign too: there the values do not shrink
    return Math.abs(fa) <= height && Math.abs(fb) <= height ? found : NaN;
  }

  return { erf, erfc, erfinv, erfcinv, lambertw, gamma, lgamma, binomial, weight, powerLessOne, countable, root };
})();
