"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);

  // ---- light and dark ----

  const root = document.documentElement;
  const theme = byId("theme");
  const dark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; name(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();

  // ---- printing: all tables and all stages ----

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
  });
  addEventListener("afterprint", () => { for (const details of closed) details.open = false; });

  if (!data.sentences.length) return;

  // ---- sentences: inserted as text nodes, never as markup ----

  const AT_ONCE = 6;
  const cards = byId("cards"), more = byId("more"), found = byId("found"), tip = byId("tip");
  const select = byId("language"), input = byId("text");
  const info = (code) => data.languages[code] || { name: code, tag: code, dir: "ltr" };

  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // Labels of entities in the sentences, by QID and language.
  const sentenceNames = new Map();
  const sentences = data.sentences.map((sentence) => {
    const forms = [{ language: sentence.language, text: sentence.text, spans: sentence.spans }, ...sentence.forms];
    for (const form of forms) {
      form.points = Array.from(form.text);
      for (const [qid, start, end] of form.spans) {
        if (qid === null) continue;
        if (!sentenceNames.has(qid)) sentenceNames.set(qid, new Map());
        const names = sentenceNames.get(qid);
        if (!names.has(form.language)) names.set(form.language, form.points.slice(start, end).join(""));
      }
    }
    const text = [sentence.title, ...forms.map((form) => form.text)].join("\n").toLowerCase();
    return { sentence, forms, text };
  });

  const entity = (qid, text, language) => {
    const { tag } = info(language);
    if (qid === null) return element("bdi", { className: "word", lang: tag, title: "word from a dictionary" }, text);
    const made = element("bdi", { className: "entity", lang: tag, tabIndex: 0 }, text);
    made.dataset.qid = qid;
    made.dataset.language = language;
    return made;
  };

  const line = (form, sentence) => {
    const own = info(sentence.language);
    const paragraph = element("p", { lang: own.tag, dir: own.dir });
    let at = 0;
    for (const [qid, start, end] of form.spans) {
      paragraph.append(form.points.slice(at, start).join(""));
      paragraph.append(entity(qid, form.points.slice(start, end).join(""), form.language));
      at = end;
    }
    paragraph.append(form.points.slice(at).join(""));
    const code = element("span", { className: "code", title: info(form.language).name }, form.language);
    const source = form.language === sentence.language ? " source" : "";
    return element("div", { className: "form" + source }, code, paragraph);
  };

  const card = ({ sentence, forms }, language) => {
    const shown = forms.filter((form) => !language || form.language === language || form === forms[0]);
    const title = element("h3", {}, element("bdi", {}, sentence.title));
    return element("article", { className: "card" }, title, ...shown.map((form) => line(form, sentence)));
  };

  let matches = [], shown = 0;
  const show = () => {
    const some = matches.slice(shown, shown + AT_ONCE);
    cards.append(...some.map((match) => card(match, select.value)));
    shown += some.length;
    more.hidden = shown >= matches.length;
  };
  const filter = () => {
    const wanted = input.value.trim().toLowerCase();
    matches = sentences.filter(({ forms, text }) =>
      (!select.value || forms.some((form) => form.language === select.value)) && text.includes(wanted));
    hide();
    cards.replaceChildren();
    shown = 0;
    show();
    found.textContent = matches.length === 1 ? `1 ${data.unit}` : `${matches.length} ${data.units}`;
  };

  const codes = new Set(sentences.flatMap(({ forms }) => forms.map((form) => form.language)));
  const options = [...codes].map((code) => [info(code).name, code]).sort(([a], [b]) => a.localeCompare(b, "en"));
  select.append(...options.map(([label, code]) => element("option", { value: code }, `${label} (${code})`)));
  select.addEventListener("change", filter);
  input.addEventListener("input", filter);
  more.addEventListener("click", show);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").hidden = false;

  // ---- tooltip: an entity's item and its other names ----

  // The languages that the reader prefers are listed first, the others by code.
  const place = (code) => (data.first.indexOf(code) + data.first.length + 1) % (data.first.length + 1);
  let leaving = 0;
  const hide = () => { tip.hidden = true; document.querySelector("[aria-describedby=tip]")?.removeAttribute("aria-describedby"); };
  const showTip = (target) => {
    clearTimeout(leaving);
    hide();
    const qid = Number(target.dataset.qid), known = data.entities[qid] || { names: {}, aliases: [] };
    const names = new Map([...Object.entries(known.names), ...(sentenceNames.get(qid) || [])]);
    names.delete(target.dataset.language);
    const item = element("a", { href: `https://www.wikidata.org/wiki/Q${qid}`, target: "_blank", rel: "noreferrer" }, `Q${qid}`);
    const head = element("p", {}, element("b", {}, element("bdi", {}, target.textContent)), " ", item);
    const list = element("dl", {});
    for (const [code, text] of [...names].sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))) {
      list.append(element("dt", { title: info(code).name }, code), element("dd", {}, element("bdi", { lang: info(code).tag }, text)));
    }
    tip.replaceChildren(head);
    if (known.aliases.length) tip.append(element("p", {}, "also: ", element("bdi", {}, known.aliases.join(", "))));
    tip.append(list);
    tip.hidden = false;
    target.setAttribute("aria-describedby", "tip");
    const box = target.getClientRects()[0], width = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(box.left, width - tip.offsetWidth - 8));
    const below = box.bottom + 6, above = box.top - tip.offsetHeight - 6;
    const top = below + tip.offsetHeight > innerHeight && above > 0 ? above : below;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
    tip.scrollTop = 0;
  };
  const leave = () => { clearTimeout(leaving); leaving = setTimeout(hide, 250); };
  const within = (event) => event.target instanceof Element && event.target.closest(".entity[data-qid]");
  cards.addEventListener("pointerover", (event) => { const target = within(event); if (target) showTip(target); });
  cards.addEventListener("pointerout", (event) => { if (within(event)) leave(); });
  cards.addEventListener("focusin", (event) => { const target = within(event); if (target) showTip(target); });
  cards.addEventListener("focusout", (event) => { if (!tip.contains(event.relatedTarget)) leave(); });
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  filter();
})();
