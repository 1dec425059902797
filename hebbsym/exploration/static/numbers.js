/* Exact fractions [p, q] as a user types and reads them, and doubles as text. */
const numbers = (() => {
  "use strict";

  const gcd = (a, b) => (b ? gcd(b, a % b) : Math.abs(a));

  function fraction(p, q) {
    const common = gcd(p, q) || 1;
    return [(q < 0 ? -p : p) / common, Math.abs(q) / common];
  }

  // The fraction that a text means: 3, -1/2, 0.25, 1e-3; null for anything else.
  function parse(text) {
    const plain = text.trim().replace(/[−–]/g, "-");
    const quotient = /^([+-]?\d{1,12})\/(\d{1,12})$/.exec(plain);
    if (quotient) return Number(quotient[2]) ? fraction(Number(quotient[1]), Number(quotient[2])) : null;
    const decimal = /^([+-]?)(\d{0,12})(?:[.,](\d{0,12}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(plain);
    if (!decimal || !(decimal[2] || decimal[3])) return null;
    const digits = Number((decimal[2] || "") + (decimal[3] || ""));
    const power = Number(decimal[4] || 0) - (decimal[3] || "").length;
    const [p, q] = power >= 0 ? [digits * 10 ** power, 1] : [digits, 10 ** -power];
    if (p > 2 ** 53 || q > 2 ** 53) return null;
    return fraction(decimal[1] === "-" ? -p : p, q);
  }

  // The simplest fraction next to a double (continued fraction), for rules given by formulas.
  function near(x) {
    let [p0, q0, p1, q1, rest] = [0, 1, 1, 0, x];
    for (let n = 0; n < 40; n++) {
      const whole = Math.floor(rest);
      const [p, q] = [whole * p1 + p0, whole * q1 + q0];
      if (q > 1e6) break;
      [p0, q0, p1, q1] = [p1, q1, p, q];
      if (Math.abs(p1 / q1 - x) <= 1e-14 * Math.max(1, Math.abs(x))) break;
      rest = 1 / (rest - whole);
    }
    return q1 ? fraction(p1, q1) : [0, 1];
  }

  const exact = ([p, q]) => (q === 1 ? `${p}` : `${p}/${q}`);

  // As a short decimal where it is one, else as a fraction.
  function shown([p, q]) {
    const text = String(p / q);
    const back = parse(text);
    const same = back && back[0] === p && back[1] === q;
    return (same && text.length < 9 && !text.includes("e") ? text : exact([p, q])).replace("-", "−");
  }

  // The same, and to three digits where it is longer than a short decimal or fraction.
  function brief(fraction) {
    const written = shown(fraction);
    return written.length <= 7 ? written : text(fraction[0] / fraction[1], 3);
  }

  const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const raised = (n) => String(n).replace("-", "⁻").replace(/\d/g, (d) => RAISED[d]);

  // A double with `digits` significant digits, powers of ten written out.
  function text(x, digits = 4) {
    if (x === Infinity) return "∞";
    if (x === -Infinity) return "−∞";
    if (!Number.isFinite(x)) return "no value";
    if (Number.isInteger(x) && Math.abs(x) < 1e6) return String(x).replace("-", "−");
    const size = Math.floor(Math.log10(Math.abs(x)));
    if (size >= -3 && size < 6) {
      const plain = x.toFixed(Math.max(0, digits - 1 - size));
      return plain.replace("-", "−");
    }
    const [mantissa, power] = x.toExponential(digits - 1).split("e");
    return `${mantissa.replace("-", "−")} × 10${raised(Number(power))}`;
  }

  return { fraction, parse, near, exact, shown, brief, text, raised };
})();
