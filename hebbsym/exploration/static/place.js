/* The place of the sliders' rule among other rules: named ones, and the classes of a sweep. */
const rulesBeside = (page) => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const options = ["place-x", "place-y"].map($);
  let reached = []; // the named rules that the sliders can be set to

  // The axes that there are: claims, the number of coefficients, columns of the table.
  function axes() {
    const { place: p } = page.setting();
    return [
      ...p.quantities.map(([name, unit], n) => ({ title: `${name}, ${unit}`, of: (rule, v) => quantity(n, rule, v), plain: p.shares.includes(n) })),
      { title: "non-zero coefficients", of: (rule) => rule.coefficients.filter(([k]) => k !== 0).length, plain: true, counted: true },
      ...p.classes.columns.map((title, n) => ({ title, of: (rule) => (rule.extra && rule.extra[n] !== null ? rule.extra[n] : NaN) })),
    ];
  }

  // The value of a claim for a rule: by the rule's own formula, or by that of the page at its coefficients.
  function quantity(n, rule, v) {
    const { place: p } = page.setting(), own = rule.values && rule.values[n];
    if (!own && !rule.here && !rule.reached) return NaN;
    const code = own || page.code().place.quantities[n];
    const at = own ? [...v, rule.rate] : v.slice();
    if (!own && !rule.here) p.moved.forEach((k, m) => { at[k] = rule.coefficients[m][0] / rule.coefficients[m][1]; });
    return claims.value({}, code, at);
  }

  const doubles = (coefficients) => coefficients.map(([p, q]) => p / q);
  const direction = (c) => claims.direction(page.setting().place.compared, c);

  const INDEX = ["", "ᵢ", "ⱼ"];
  function update(coefficients, powers) {
    const power = (n) => (n > 1 ? numbers.raised(n) : "");
    const terms = coefficients
      .map(([p, q], n) => [p, q, powers[n]])
      .filter(([p]) => p !== 0)
      .sort((a, b) => a[2][0] - b[2][0] || b[2][1] + b[2][2] - a[2][1] - a[2][2] || Math.abs(a[2][1] - a[2][2]) - Math.abs(b[2][1] - b[2][2]))
      .map(([p, q, [k, i, j]]) => {
        const product = [k ? `w${power(k)}` : "", i ? `x${INDEX[1]}${power(i)}` : "", j ? `x${INDEX[2]}${power(j)}` : ""].filter(Boolean).join("\u00a0");
        const size = numbers.brief([Math.abs(p), q]);
        return [p < 0, product ? (size === "1" ? product : `${size}\u00a0${product}`) : size];
      });
    return terms.map(([minus, text], n) => (n ? (minus ? " −\u00a0" : " +\u00a0") : minus ? "−" : "") + text).join("") || "0";
  }

  // The coefficients of the rule of the sliders: as they were typed, or worked out.
  function increment(v) {
    const { rule } = page.setting();
    return page.code().rule.map((f, n) => (rule.sliders[n] < 0 ? numbers.near(f(v)) : page.values[rule.sliders[n]]));
  }

  // Whether a pattern leaves anything in a weight of 0.
  function stores(v) {
    const { rule } = page.setting();
    return Boolean(rule) && increment(v).some(([p], n) => p !== 0 && rule.powers[n][0] === 0);
  }

  // Landmarks and classes with their coefficients at the point, equal ones under one heading.
  function rules(v, mine) {
    const { place: p } = page.setting(), code = page.code().place;
    const padded = (c) => [...c, ...p.powers.slice(c.length).map(() => [0, 1])];
    const named = p.landmarks.map((mark, n) => {
      const family = (rate) => code.landmarks[n].map((f) => f([...v, rate]));
      const rate = mark.rate ? claims.rate(p.compared, family, mine) : NaN;
      const said = [mark.rate ? `${mark.rate}=${numbers.brief(numbers.near(rate))}` : "", mark.fixed].filter(Boolean).join(", ");
      return { name: said ? `${mark.name}(${said})` : mark.name, named: true, rate, reached: mark.reached, coefficients: family(rate).map(numbers.near), values: code.values[n] };
    });
    const all = [...named, ...p.classes.rows.map(([name, coefficients, extra]) => ({ name, named: Boolean(name), reached: true, coefficients: padded(coefficients), extra }))];
    const merged = new Map();
    for (const rule of all) {
      const key = rule.coefficients.map(numbers.exact).join(" ");
      const before = merged.get(key);
      if (!before) merged.set(key, { ...rule });
      else Object.assign(before, { name: [...new Set([...before.name.split("; "), ...rule.name.split("; ")])].filter(Boolean).join("; "), named: before.named || rule.named, reached: before.reached || rule.reached, extra: before.extra || rule.extra });
    }
    return [...merged.values()];
  }

  function go(rule) {
    if (!rule.reached) return;
    page.setting().place.moved.forEach((k, n) => { page.values[k] = rule.coefficients[n]; page.show(k); });
    page.changed();
  }

  function draw(v) {
    const { place: p, rule: own } = page.setting();
    $("rule").hidden = !own;
    $("place").hidden = !p;
    $("start-row").hidden = !(p && p.landmarks.some((mark) => mark.reached));
    const now = own ? increment(v) : [];
    if (own) $("rule").textContent = `Δwᵢⱼ = ${update(now, own.powers)}`;
    if (!p) return;
    const affine = p.powers.some(([k]) => k > 0);
    for (const part of document.querySelectorAll("#place .affine")) part.hidden = !affine;
    for (const part of document.querySelectorAll("#place .additive")) part.hidden = affine;
    const mine = [...now, ...p.powers.slice(now.length).map(() => [0, 1])];
    const kinds = axes(), [across, up] = options.map((o) => kinds[o.selectedIndex] || kinds[0]);
    const here = direction(doubles(mine));
    const all = rules(v, doubles(mine)).map((rule) => ({
      ...rule,
      at: [across, up].map((kind) => kind.of(rule, v)),
      angle: claims.angle(here, direction(doubles(rule.coefficients))),
      update: update(rule.coefficients, p.powers),
    }));
    const self = mine.map(numbers.exact).join(" ");
    near(all, up, self);
    const log = $("place-log").checked, logs = [across, up].map((kind) => log && !kind.plain);
    const same = all.find((rule) => rule.coefficients.map(numbers.exact).join(" ") === self) || {};
    const mark = { at: [across, up].map((kind) => kind.of({ coefficients: mine, here: true, extra: same.extra, values: same.values, rate: same.rate }, v)) };
    chart.scatter($("place-chart"), {
      x: { log: logs[0], tight: !across.counted, title: [across.title] },
      y: { log: logs[1], tight: !up.counted, title: [up.title] },
      points: all.map((rule) => ({ ...rule, name: rule.name.replaceAll("; ", ", ") || rule.update })),
      here: mark,
      choose: go,
    });
    $("place-chart").setAttribute("aria-label", `${all.length} rules, ${across.title} across and ${up.title} up; the ring is the rule of the sliders. ${$("nearest").textContent}`);
  }

  const listed = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}` : names[0]);

  function nearest(named) {
    if (!named.length) return "No named rule is near.";
    const same = named.filter((rule) => rule.angle < 1e-6).flatMap((rule) => rule.name.split("; "));
    if (same.length > 1) return `This is the rule ${same[0]} up to scale, on these patterns the same as ${listed(same.slice(1))}.`;
    if (same.length) return `This is the rule ${same[0]} up to scale.`;
    return `The nearest named rule is ${named[0].name}, ${numbers.text(named[0].angle, 3)}° away.`;
  }

  function near(all, kind, self) {
    const apart = (rule) => [rule.angle < 1e-6 ? 0 : rule.angle, rule.coefficients.map(numbers.exact).join(" ") === self ? 0 : 1];
    const ranked = all.filter((rule) => Number.isFinite(rule.angle)).map((rule) => [apart(rule), rule])
      .sort(([a], [b]) => a[0] - b[0] || a[1] - b[1]).map(([, rule]) => rule);
    $("nearest").textContent = nearest(ranked.filter((rule) => rule.name));
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
      what.append(rule.name.replaceAll("; ", ", "), rule.name ? document.createElement("br") : "", formula);
      row.append(what);
      for (const text of [`${numbers.text(rule.angle, 3)}°`, numbers.text(rule.at[1])]) {
        const cell = document.createElement("td");
        cell.textContent = text;
        cell.className = "r";
        row.append(cell);
      }
      const last = document.createElement("td");
      if (rule.reached) last.append(button);
      row.append(last);
      return row;
    }));
  }

  function prepare() {
    const p = page.setting().place;
    if (!p) return;
    const kinds = axes();
    options.forEach((select, n) => {
      select.replaceChildren(...kinds.map((kind) => new Option(kind.title)));
      select.selectedIndex = p.axes[n];
    });
    reached = p.landmarks.filter((mark) => mark.reached);
    $("start").replaceChildren(new Option("a named rule …"), ...reached.map((mark) => new Option(mark.name)));
  }

  for (const id of ["place-x", "place-y", "place-log"]) $(id).addEventListener("change", page.changed);
  $("start").addEventListener("change", () => {
    const mark = reached[$("start").selectedIndex - 1], v = page.doubles();
    if (mark) {
      const p = page.setting().place, f = page.code().place.landmarks[p.landmarks.indexOf(mark)];
      const mine = [...increment(v), ...f.slice(page.setting().rule.powers.length).map(() => [0, 1])];
      const rate = mark.rate ? claims.rate(p.compared, (r) => f.map((c) => c([...v, r])), doubles(mine)) : NaN;
      go({ reached: true, coefficients: f.map((c) => numbers.near(c([...v, rate]))) });
    }
    $("start").selectedIndex = 0;
  });
  return { draw, prepare, stores };
};
