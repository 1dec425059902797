/* Values of claims from their functions, and what rules are compared by. */
const claims = (() => {
  "use strict";

  // A margin that must not be 0.
  const strictly = (margin) => (v) => margin(v) || -1;

  const holds = (code, v) => code.margins.every((margin) => margin(v) >= 0);

  // The value of a claim, NaN where a requirement fails or nothing is defined. A number of patterns
  // that may be none is 0 below 1: an equation for it falls as the number grows.
  function value(claim, code, v) {
    if (code.margins.some((margin) => margin(v) < 0)) return NaN;
    if (!claim.unknown) {
      const found = code.f(v);
      return claim.nothing && found < 1 ? 0 : found;
    }
    const [place, whole, most] = claim.unknown, at = v.slice();
    const equation = (k) => { at[place] = k; return code.f(at); };
    return claim.nothing && equation(1) < 0 ? 0 : special.root(equation, 1, whole, most);
  }

  // ---- rules, by their coefficients -------------------------------------------------------

  const length = (c) => Math.hypot(...c);
  const dot = (a, b) => a.reduce((sum, x, n) => sum + x * b[n], 0);

  // The coordinates of a rule: the power of the weight that each multiplies, and its value.
  const reduced = (compared, c) => compared.map(([k, row]) => [k, row.reduce((sum, [n, x]) => sum + x * c[n], 0)]);

  // What does not multiply the weight, scaled to length 1, and what does.
  function direction(compared, c) {
    const found = reduced(compared, c);
    const size = length(found.filter(([k]) => !k).map(([, x]) => x)) || 1;
    return found.map(([k, x]) => (k ? x : x / size));
  }

  const decays = (compared, c) => reduced(compared, c).filter(([k]) => k).map(([, x]) => x);

  // The rate of a family's member whose decay is next to that of a rule; 1/10 where none between 0 and 1 is.
  function rate(compared, family, c) {
    const step = decays(compared, family(1));
    const found = dot(decays(compared, c), step) / dot(step, step);
    return found > 0 && found <= 1 ? found : 0.1;
  }

  // In degrees.
  function angle(a, b) {
    const size = length(a) * length(b);
    if (!size) return length(a) === length(b) ? 0 : NaN;
    const unit = [a.map((x) => x / length(a)), b.map((x) => x / length(b))];
    const apart = length(unit[0].map((x, n) => x - unit[1][n])), along = length(unit[0].map((x, n) => x + unit[1][n]));
    return (2 * Math.atan2(apart, along) * 180) / Math.PI;
  }

  return { strictly, holds, value, direction, rate, angle };
})();
