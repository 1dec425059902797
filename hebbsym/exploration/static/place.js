/* The place of the sliders' rule among other rules: named ones, and the classes of a sweep. */
const rulesBeside = (page) => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const options = ["place-x", "place-y"].map($);

  // The axes that there are: claims of the point, the number of coefficients, columns of the table.
  function axes() {
    const { place: p, curves, panels } = page.setting();
    const unit = (n) => panels.find((panel) => panel.curves.includes(n)).unit;
    const quick = curves.map((c, n) => [n, c]).filter(([, c]) => !c.slow && c.symbols.some((k) => p.coefficients.includes(k)));
    return [
      ...quick.map(([n, c]) => ({ title: `${c.quantity}, ${unit(n)}`, of: (rule, v) => page.value(n, v) })),
      { title: "non-zero coefficients", of: (rule, v) => p.coefficients.filter((k) => v[k] !== 0).length, count: true },
      ...p.classes.columns.map((title, n) => ({ title, of: (rule) => (rule.extra ? rule.extra[n] : NaN) })),
    ];
  }

  const direction = (v) => page.code().compared.map((f) => f(v));
  function angle(a, b) {
    const length = (c) => Math.hypot(...c);
    const size = length(a) * length(b);
    if (!size) return length(a) === length(b) ? 0 : NaN;
    const unit = [a.map((x) => x / length(a)), b.map((x) => x / length(b))];
    const apart = length(unit[0].map((x, n) => x - unit[1][n])), along = length(unit[0].map((x, n) => x + unit[1][n]));
    return (2 * Math.atan2(apart, along) * 180) / Math.PI;
  }

  const INDEX = ["", "ᵢ", "ⱼ"];
  function update(coefficients) {
    const powers = page.setting().place.powers;
    const power = (n) => (n > 1 ? numbers.raised(n) : "");
    const terms = coefficients
      .map(([p, q], n) => [p, q, powers[n]])
      .filter(([p]) => p !== 0)
      .sort((a, b) => b[2][0] + b[2][1] - a[2][0] - a[2][1] || Math.abs(b[2][0] - b[2][1]) * -1 + Math.abs(a[2][0] - a[2][1]))
      .map(([p, q, [i, j]]) => {
        const product = [i ? `x${INDEX[1]}${power(i)}` : "", j ? `x${INDEX[2]}${power(j)}` : ""].filter(Boolean).join("\u00a0");
        const size = numbers.shown([Math.abs(p), q]);
        return [p < 0, product ? (size === "1" ? product : `${size}\u00a0${product}`) : size];
      });
    return terms.map(([minus, text], n) => (n ? (minus ? " −\u00a0" : " +\u00a0") : minus ? "−" : "") + text).join("") || "0";
  }

  // Landmarks and classes with their coefficients at the point, equal ones under one heading.
  function rules(v) {
    const { place: p } = page.setting();
    const found = page.code().landmarks.map((f, n) => ({
      name: p.landmarks[n], named: true, coefficients: f.map((c) => numbers.near(c(v))),
    }));
    const all = [...found, ...p.classes.rows.map(([name, coefficients, extra]) => ({ name, named: Boolean(name), coefficients, extra }))];
    const merged = new Map();
    for (const rule of all) {
      const key = rule.coefficients.map(numbers.exact).join(" ");
      const before = merged.get(key);
      if (!before) merged.set(key, { ...rule });
      else Object.assign(before, { name: [...new Set([...before.name.split(", "), ...rule.name.split(", ")])].filter(Boolean).join(", "), named: before.named || rule.named, extra: before.extra || rule.extra });
    }
    return [...merged.values()];
  }

  function go(rule) {
    page.setting().place.coefficients.forEach((k, n) => { page.values[k] = rule.coefficients[n]; page.show(k); });
    page.changed();
  }

  function draw(v) {
    const p = page.setting().place;
    for (const id of ["place", "rule", "start-row"]) $(id).hidden = !p;
    if (!p) return;
    const mine = p.coefficients.map((k) => page.values[k]);
    $("rule").textContent = `Δwᵢⱼ = ${update(mine)}`;
    const kinds = axes(), [across, up] = options.map((o) => kinds[o.selectedIndex] || kinds[0]);
    const here = direction(v);
    const all = rules(v).map((rule) => {
      const w = v.slice();
      p.coefficients.forEach((k, n) => { w[k] = rule.coefficients[n][0] / rule.coefficients[n][1]; });
      const at_ = [across, up].map((kind) => kind.of(rule, w));
      return { ...rule, at: at_, angle: angle(here, direction(w)), update: update(rule.coefficients) };
    });
    near(all, up);
    const log = $("place-log").checked, logs = [across, up].map((kind) => log && !kind.count);
    const self = mine.map(numbers.exact).join(" ");
    const same = all.find((rule) => rule.coefficients.map(numbers.exact).join(" ") === self);
    const mark = { at: [across, up].map((kind) => kind.of(same || {}, v)) };
    chart.scatter($("place-chart"), {
      x: { log: logs[0], title: [across.title] },
      y: { log: logs[1], title: [up.title] },
      points: all.map((rule) => ({ ...rule, name: rule.name || rule.update })),
      here: mark,
      choose: go,
    });
    $("place-chart").setAttribute("aria-label", `${all.length} rules, ${across.title} across and ${up.title} up; the ring is the rule of the sliders. ${$("nearest").textContent}`);
  }

  function near(all, kind) {
    const ranked = all.filter((rule) => Number.isFinite(rule.angle)).sort((a, b) => a.angle - b.angle);
    const named = ranked.find((rule) => rule.name);
    const what = (rule) => (rule.angle < 1e-6 ? `This is the rule ${rule.name} up to scale.` : `The nearest named rule is ${rule.name}, ${numbers.text(rule.angle, 3)}° away.`);
    $("nearest").textContent = named ? what(named) : "The rule is zero.";
    $("place-head").replaceChildren(...kind.title.split(",")[0].split(/(?<=:)/).flatMap((part) => [part, document.createElement("wbr")]));
    $("place-rows").replaceChildren(...ranked.slice(0, 8).map((rule) => {
      const row = document.createElement("tr"), button = document.createElement("button");
      button.type = "button";
      button.textContent = "Set";
      button.setAttribute("aria-label", `Set the sliders to ${rule.name || rule.update}`);
      button.addEventListener("click", () => go(rule));
      const what = document.createElement("td"), formula = document.createElement("span");
      formula.className = "update";
      formula.textContent = rule.update;
      what.append(rule.name, rule.name ? document.createElement("br") : "", formula);
      row.append(what);
      for (const text of [`${numbers.text(rule.angle, 3)}°`, numbers.text(rule.at[1])]) {
        const cell = document.createElement("td");
        cell.textContent = text;
        cell.className = "r";
        row.append(cell);
      }
      const last = document.createElement("td");
      last.append(button);
      row.append(last);
      return row;
    }));
  }

  function prepare() {
    const p = page.setting().place;
    if (!p) return;
    const kinds = axes(), counted = kinds.findIndex((kind) => kind.count);
    options.forEach((select, n) => {
      select.replaceChildren(...kinds.map((kind) => new Option(kind.title)));
      select.selectedIndex = n ? Math.max(0, counted - 1) : counted;
    });
    const starts = $("start");
    starts.replaceChildren(new Option("a named rule …"), ...p.landmarks.map((name) => new Option(name)));
  }

  for (const id of ["place-x", "place-y", "place-log"]) $(id).addEventListener("change", page.changed);
  $("start").addEventListener("change", () => {
    const n = $("start").selectedIndex - 1;
    if (n >= 0) go({ coefficients: page.code().landmarks[n].map((c) => numbers.near(c(page.doubles()))) });
    $("start").selectedIndex = 0;
  });
  return { draw, prepare };
};
