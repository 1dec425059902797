/* Line charts and scatter plots as SVG: axes with ticks, curves, the point of the sliders. */
const chart = (() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";

  function make(name, attributes = {}, ...children) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  // A symbol as text of an SVG: italic letter, index, superscript.
  function symbolText({ base, sub, sup }) {
    const parts = [make("tspan", { class: base.length === 1 ? "italic" : "" }, base)];
    if (sub) parts.push(make("tspan", { class: "small", dy: "0.3em" }, sub));
    if (sup) parts.push(make("tspan", { class: "small", dy: sub ? "-0.75em" : "-0.45em" }, sup));
    return parts;
  }
  // The same as plain text, for a choice: a Greek letter, or the name that the command line knows.
  const plain = ({ name, label: { base, sub, sup } }) => (base.length === 1 && !sup && !sub ? base : /^[a-z]/i.test(base) ? name : `${base} ${sub}`);
  const lowered = ({ sub, sup }) => (sup ? "0.34em" : sub ? "-0.23em" : "0"); // back to the line

  // ---- scales and ticks -------------------------------------------------------------------

  function scale(low, high, log, from, to) {
    const map = log ? Math.log10 : (x) => x;
    const [a, b] = [map(low), map(high)];
    const at = (x) => from + ((map(x) - a) / (b - a)) * (to - from);
    return Object.assign(at, { low, high, log, ticks: log ? decades(low, high) : steps(low, high) });
  }

  function steps(low, high) {
    const rough = (high - low) / 5, size = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((m) => m * size).find((s) => s >= rough * 0.999);
    const found = [];
    for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 * step; n++) {
      found.push({ value: n * step, label: decimal(n * step, step) });
    }
    return found;
  }

  function decimal(x, step) {
    const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    if (Math.abs(x) >= 1e6) return power(x);
    return x.toFixed(places).replace("-", "−");
  }

  const power = (x) => {
    const n = Math.floor(Math.log10(Math.abs(x)) + 1e-9), m = x / 10 ** n;
    const lead = Math.abs(m - 1) < 1e-9 ? "" : `${Number(m.toFixed(2))}·`;
    return `${lead}10${numbers.raised(n)}`;
  };

  function decades(low, high) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.max(1, Math.ceil((last - first) / 6));
    const fine = last - first < 2 ? [1, 2, 5] : [1];
    const found = [];
    for (let n = Math.floor(Math.log10(low)); n <= last; n++) {
      for (let m = 1; m < 10; m++) {
        const value = m * 10 ** n;
        if (value < low * (1 - 1e-9) || value > high * (1 + 1e-9)) continue;
        const labelled = fine.includes(m) && (m > 1 || (n - first) % every === 0);
        if (labelled) found.push({ value, label: n >= -3 && n < 5 ? String(Number(value.toPrecision(3))) : power(value) });
        else if (last - first <= 6 || m === 1) found.push({ value, label: "" });
      }
    }
    const told = found.filter(({ label }) => label).length; // within a decade even steps say more
    return told < 3 && high < 20 * low ? steps(low, high) : found;
  }

  const MOST_DECADES = 12;

  // The range of an axis that shows all values; a logarithmic one the highest decades of them.
  function range(values, log, tight = false) {
    const kept = values.filter((y) => Number.isFinite(y) && (!log || y > 0));
    if (!kept.length) return log ? [0.1, 10] : [0, 1];
    let [low, high] = [Math.min(...kept), Math.max(...kept)];
    if (log) {
      low = Math.max(low, high / 10 ** MOST_DECADES);
      const margin = Math.max(0.05 * Math.log10(high / low), 0.08);
      return [low / 10 ** margin, high * 10 ** margin];
    }
    if (tight && high > low) return [low - 0.08 * (high - low), high + 0.08 * (high - low)];
    low = Math.min(low, 0);
    const margin = 0.06 * (high - low) || Math.abs(high) || 1;
    return [low < 0 ? low - margin : 0, high + margin];
  }

  // ---- pictures ---------------------------------------------------------------------------

  // The frame of a picture: axes, grid, labels; gives the scales and the layer to draw in.
  function frame(svg, { x, y }) {
    const width = Math.max(240, svg.clientWidth || 600);
    const height = Math.round(Math.min(360, Math.max(230, width * 0.6)));
    const box = { left: 54, right: width - 14, top: 26, bottom: height - 46 };
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    const across = scale(...x.range, x.log, box.left, box.right);
    const up = scale(...y.range, y.log, box.bottom, box.top);
    const grid = make("g", { class: "grid" }), texts = make("g", { class: "ticks" });
    let free = -Infinity;
    for (const { value, label } of across.ticks) {
      const at = across(value);
      grid.append(make("path", { d: `M${at} ${box.top}V${box.bottom}`, class: label ? "" : "fine" }));
      if (!label || at - 4 * label.length < free) continue;
      free = at + 4 * label.length + 6;
      texts.append(make("text", { x: at, y: box.bottom + 17, "text-anchor": "middle" }, label));
    }
    for (const { value, label } of up.ticks) {
      const at = up(value);
      grid.append(make("path", { d: `M${box.left} ${at}H${box.right}`, class: label ? "" : "fine" }));
      if (label) texts.append(make("text", { x: box.left - 7, y: at + 4, "text-anchor": "end" }, label));
    }
    const axes = make("path", { class: "axes-lines", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` });
    const below = make("text", { class: "axis", x: (box.left + box.right) / 2, y: height - 8, "text-anchor": "middle" }, ...x.title);
    const beside = make("text", { class: "axis", x: 4, y: 14 }, ...y.title);
    const clip = make("clipPath", { id: `${svg.id}-clip` }, make("rect", { x: box.left, y: box.top - 6, width: box.right - box.left + 8, height: box.bottom - box.top + 12 }));
    const layer = make("g", { "clip-path": `url(#${svg.id}-clip)` });
    svg.replaceChildren(clip, grid, axes, layer, texts, below, beside);
    kept(below, width);
    return { box, across, up, layer };
  }

  // A centred title inside the picture: moved, and pressed together where it is longer.
  function kept(title, width) {
    const most = width - 8, long = title.getComputedTextLength(), half = Math.min(long, most) / 2;
    if (long > most) { title.setAttribute("textLength", most); title.setAttribute("lengthAdjust", "spacingAndGlyphs"); }
    title.setAttribute("x", Math.max(4 + half, Math.min(Number(title.getAttribute("x")), width - 4 - half)));
  }

  // Curves with a mark at the value of the axis's own slider.
  function lines(svg, { x, y, curves, here }) {
    const all = curves.flatMap(({ points, mark }) => [...points.map((p) => p[1]), mark]);
    const log = y.log && all.some((value) => value > 0 && value < Infinity); // zeros have no logarithm
    const { box, across, up, layer } = frame(svg, { x, y: { ...y, log, range: range(all, log) } });
    if (here >= across.low && here <= across.high) {
      layer.append(make("path", { class: "here", d: `M${across(here)} ${box.top}V${box.bottom}` }));
    }
    curves.forEach(({ place, points, mark }) => {
      let d = "", pen = false;
      for (const [px, py] of points) {
        const drawn = Number.isFinite(py) && (!log || py > 0);
        if (drawn) d += `${pen ? "L" : "M"}${across(px).toFixed(1)} ${Math.min(up(py), box.bottom + 900).toFixed(1)}`;
        pen = drawn;
      }
      layer.append(make("path", { class: `drawn curve-${place}`, d }));
      if (Number.isFinite(mark) && (!log || mark > 0)) {
        layer.append(make("circle", { class: `mark curve-${place}`, cx: across(here), cy: up(mark), r: 4.5 }));
      }
    });
    if (!all.some((value) => Number.isFinite(value) && (!log || value > 0))) nothing(layer, box);
  }

  function nothing(layer, box) {
    layer.append(make("text", { class: "axis", x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, "text-anchor": "middle" }, "no value here"));
  }

  // Points with names; the last one is where the sliders are.
  function scatter(svg, { x, y, points, here, choose }) {
    const [xs, ys] = [0, 1].map((n) => [...points, here].map((p) => p.at[n]));
    const axes = { x: { ...x, range: range(xs, x.log, x.tight) }, y: { ...y, range: range(ys, y.log, y.tight) } };
    const { box, across, up, layer } = frame(svg, axes);
    const drawn = ({ at: [px, py] }) => Number.isFinite(px) && Number.isFinite(py) && (!x.log || px > 0) && (!y.log || py > 0);
    const taken = [];
    const label = (cx, cy, words) => {
      const size = 6.4 * words.length;
      const spots = [[cx + 13, cy + 4, "start"], [cx - 13, cy + 4, "end"], [cx + 4, cy - 13, "start"], [cx + 4, cy + 23, "start"], [cx - 4, cy - 13, "end"], [cx - 4, cy + 23, "end"]];
      for (const [tx, ty, anchor] of spots) {
        const left = anchor === "start" ? tx : tx - size;
        const area = [left, ty - 12, left + size, ty + 3];
        const outside = area[0] < box.left || area[2] > box.right || area[1] < box.top || area[3] > box.bottom;
        if (outside || taken.some((t) => area[0] < t[2] && t[0] < area[2] && area[1] < t[3] && t[1] < area[3])) continue;
        taken.push(area);
        layer.append(make("text", { class: "name", x: tx, y: ty, "text-anchor": anchor }, words));
        return;
      }
    };
    for (const point of points.filter(drawn)) {
      const circle = make("circle", { class: (point.named ? "landmark" : "class") + (point.reached ? "" : " fixed"), cx: across(point.at[0]), cy: up(point.at[1]), r: point.named ? 5 : 3 });
      circle.append(make("title", {}, point.name));
      circle.addEventListener("click", () => choose(point));
      layer.append(circle);
      const [cx, cy] = point.at.map((value, n) => [across, up][n](value));
      if (point.named) taken.push([cx - 6, cy - 6, cx + 6, cy + 6]);
    }
    if (drawn(here)) {
      const [cx, cy] = [across(here.at[0]), up(here.at[1])];
      layer.append(make("circle", { class: "ring", cx, cy, r: 9 }));
      taken.push([cx - 10, cy - 10, cx + 10, cy + 10]);
    }
    for (const point of points.filter(drawn)) {
      if (point.named) label(across(point.at[0]), up(point.at[1]), point.name);
    }
    if (![...points, here].some(drawn)) nothing(layer, box);
  }

  return { lines, scatter, symbolText, plain, lowered, make };
})();
