/** The Chinese names of codes, as the server put them into the page. */
export const words = JSON.parse(document.body.dataset.words);

const percent = new Intl.NumberFormat("zh-CN", { style: "percent", maximumFractionDigits: 0 });
const moment = new Intl.DateTimeFormat("zh-CN", { dateStyle: "medium", timeStyle: "short" });

/** A probability (0–1) as people write it; never "100%", which no model can promise. */
export function share(probability) {
  if (probability > 0.99) return ">99%";
  if (probability < 0.01) return "<1%";
  return percent.format(probability);
}

export const when = (iso) => moment.format(new Date(iso));

/** A department's name: as the item's suggestion has it for the place, else its function. */
export function nameOfDepartment(code, item) {
  if (code === null) return "不转办";
  const suggested = item.departments.find((desk) => desk.code === code);
  return suggested?.name ?? words.departments[code]?.name ?? code;
}
